// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag, type HrTime, type SpanContext } from '@opentelemetry/api';
import type { AnyValue, LogAttributes, LogBody, SeverityNumber } from '@opentelemetry/api-logs';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { INVALID } from '../attributes/plain-value.js';
import { toAttributes } from '../attributes/valid.js';
import { formatIdentity } from '../record/span-identity.js';
import type { LogDraft } from './log-draft.js';
import type { LogOrigin } from './log-origin.js';

/**
 * A log record as log record processors see it: the fields and setters of the stock SDK's `ReadWriteLogRecord`. What they change is
 * written; after `onEmit` changes are refused.
 */
export class MmapLogRecord {
  readonly #origin: LogOrigin;
  readonly #draft: LogDraft;
  readonly #attributes: LogAttributes;
  #hrTime: HrTime;
  #hrTimeObserved: HrTime;
  #spanContext: SpanContext | undefined;
  #severityText: string | undefined;
  #severityNumber: SeverityNumber | undefined;
  #body: LogBody;
  #eventName: string | undefined;
  #attributeCount: number;
  #dropped: number;
  #isReadonly = false;

  constructor(origin: LogOrigin, draft: LogDraft, spanContext: SpanContext | undefined) {
    this.#origin = origin;
    this.#draft = draft;
    this.#attributes = toAttributes(draft.attributePairs, draft.attributeCount) as LogAttributes;
    this.#attributeCount = draft.attributeCount / 2;
    this.#dropped = draft.droppedAttributes;
    this.#hrTime = [draft.seconds >>> 0, draft.nanos];
    this.#hrTimeObserved = [draft.observedSeconds >>> 0, draft.observedNanos];
    this.#spanContext = spanContext;
    this.#severityText = draft.severityText;
    this.#severityNumber = draft.severityNumber === 0 ? undefined : draft.severityNumber;
    this.#body = draft.body as LogBody;
    this.#eventName = draft.eventName;
  }

  get resource(): Resource {
    return this.#origin.resource;
  }
  get instrumentationScope(): InstrumentationScope {
    return this.#origin.instrumentationScope;
  }
  get attributes(): LogAttributes {
    return this.#attributes;
  }
  get droppedAttributesCount(): number {
    return this.#dropped;
  }

  get hrTime(): HrTime {
    return this.#hrTime;
  }
  set hrTime(time: HrTime) {
    if (!this.#refuses()) this.#hrTime = time;
  }
  get hrTimeObserved(): HrTime {
    return this.#hrTimeObserved;
  }
  set hrTimeObserved(time: HrTime) {
    if (!this.#refuses()) this.#hrTimeObserved = time;
  }
  get spanContext(): SpanContext | undefined {
    return this.#spanContext;
  }
  set spanContext(context: SpanContext | undefined) {
    if (!this.#refuses()) this.#spanContext = context;
  }
  get severityText(): string | undefined {
    return this.#severityText;
  }
  set severityText(text: string | undefined) {
    if (!this.#refuses()) this.#severityText = text;
  }
  get severityNumber(): SeverityNumber | undefined {
    return this.#severityNumber;
  }
  set severityNumber(number: SeverityNumber | undefined) {
    if (!this.#refuses()) this.#severityNumber = number;
  }
  get body(): LogBody {
    return this.#body;
  }
  set body(body: LogBody) {
    if (!this.#refuses()) this.#body = body;
  }
  get eventName(): string | undefined {
    return this.#eventName;
  }
  set eventName(name: string | undefined) {
    if (!this.#refuses()) this.#eventName = name;
  }

  setAttribute(key: string, value?: AnyValue): this {
    if (this.#refuses()) return this;
    const { limits } = this.#origin;
    const isNew = !Object.hasOwn(this.#attributes, key);
    if (isNew && this.#attributeCount >= limits.attributeCountLimit) {
      this.#dropped++;
      return this;
    }
    const kept = this.#draft.keep(key, value ?? null, limits);
    if (kept === INVALID) return this;
    if (isNew) this.#attributeCount++;
    Object.defineProperty(this.#attributes, key, { value: kept, enumerable: true, configurable: true, writable: true });
    return this;
  }

  setAttributes(attributes: LogAttributes): this {
    for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value);
    return this;
  }

  setBody(body: LogBody): this {
    this.body = body;
    return this;
  }

  setEventName(name: string): this {
    this.eventName = name;
    return this;
  }

  setSeverityNumber(number: SeverityNumber): this {
    this.severityNumber = number;
    return this;
  }

  setSeverityText(text: string): this {
    this.severityText = text;
    return this;
  }

  /** @internal Puts everything, as it is now, back into the draft; nothing can be changed afterwards. */
  finish(): void {
    this.#isReadonly = true;
    const draft = this.#draft;
    const { scope, limits } = this.#origin;
    draft.take(
      {
        severityNumber: this.#severityNumber,
        severityText: this.#severityText,
        eventName: this.#eventName,
        body: this.#body,
        attributes: this.#attributes,
        timestamp: this.#hrTime,
        observedTimestamp: this.#hrTimeObserved,
      },
      scope,
      limits,
    );
    draft.droppedAttributes += this.#dropped;
    draft.takeSpanContext(this.#spanContext);
  }

  #refuses(): boolean {
    if (this.#isReadonly) diag.warn('Cannot change a log record that is emitted: only within onEmit');
    return this.#isReadonly;
  }
}

/** The context of the span that a draft belongs to. */
export function spanContextOf(draft: LogDraft): SpanContext | undefined {
  if (!draft.hasSpan) return undefined;
  const ids = formatIdentity(draft);
  return { traceId: ids.substring(0, 32), spanId: ids.substring(32), traceFlags: draft.traceFlags };
}
