// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Context, context as contextApi, isSpanContextValid, type SpanContext, trace } from '@opentelemetry/api';
import type { LogRecord } from '@opentelemetry/api-logs';
import { INVALID, plainAttributeValue, plainBody } from '../attributes/plain-value.js';
import type { Redaction } from '../attributes/redaction.js';
import { limitLength, warnInvalid } from '../attributes/valid.js';
import type { LogRecordLimits } from '../config/log-limits.js';
import { textOf } from '../input/text.js';
import { useTimeInput } from '../input/time.js';
import type { LogFields } from '../record/log-fields.js';
import type { Scope } from '../record/scope.js';
import { parseWord } from '../record/span-identity.js';
import { recordTime } from '../record/writer.js';
import { MmapSpan } from '../trace/span.js';
import { exceptionAttributes } from './exception.js';

// A function of the API that needs no `this`; as a property of its exports it is a getter.
const { getSpan } = trace;

/** Beyond so many elements storage is not kept for the next record. */
const KEPT_ELEMENTS = 512;

/** A log record on its way to the encoder: checked, cut to the limits, plain data. */
export class LogDraft implements LogFields {
  scope: Scope;
  severityNumber = 0;
  severityText: string | undefined = undefined;
  eventName: string | undefined = undefined;
  body: unknown = undefined;
  attributePairs: unknown[] = [];
  attributeCount = 0;
  droppedAttributes = 0;
  hasSpan = false;
  trace0 = 0;
  trace1 = 0;
  trace2 = 0;
  trace3 = 0;
  span0 = 0;
  span1 = 0;
  traceFlags = 0;
  hasTime = false;
  seconds = 0;
  nanos = 0;
  hasObserved = false;
  observedSeconds = 0;
  observedNanos = 0;
  wasCut = false;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Takes everything from the user's record. Getters of it run here, and may throw. */
  take(record: LogRecord, scope: Scope, limits: LogRecordLimits): void {
    this.scope = scope;
    this.wasCut = false;
    const { severityNumber, severityText, eventName, body, attributes, exception } = record;
    this.severityNumber = typeof severityNumber === 'number' ? severityNumber : 0;
    this.severityText = optionalText(severityText);
    this.eventName = optionalText(eventName);
    this.takeBody(body);
    this.attributeCount = 0;
    this.droppedAttributes = 0;
    if (typeof attributes === 'object' && attributes !== null) {
      for (const key in attributes) {
        // biome-ignore lint/suspicious/noPrototypeBuiltins: the compiler knows this form within for-in; hasOwn costs a call a key
        if (Object.prototype.hasOwnProperty.call(attributes, key)) this.add(key, attributes[key], limits);
      }
    }
    if (exception !== undefined && exception !== null) this.#addException(exception, limits);
    this.takeTimes(record.timestamp, record.observedTimestamp);
    this.#takeSpan(record.context ?? contextApi.active());
  }

  takeBody(body: unknown): void {
    if (
      typeof body === 'string' ||
      typeof body === 'number' ||
      typeof body === 'boolean' ||
      body === undefined ||
      body === null
    ) {
      this.body = body;
      return;
    }
    const plain = plainBody(body);
    this.body = plain.value;
    if (plain.wasCut) this.wasCut = true;
  }

  /** Adds an attribute whose key is new. */
  add(key: string, value: unknown, limits: LogRecordLimits): void {
    if (value === undefined) return;
    const count = this.attributeCount;
    if (key === '') {
      warnInvalid('key', key);
      this.wasCut = true;
      return;
    }
    if (count >= 2 * limits.attributeCountLimit) {
      this.droppedAttributes++;
      return;
    }
    const kept = this.keep(key, value, limits);
    if (kept === INVALID) return;
    this.attributePairs[count] = key;
    this.attributePairs[count + 1] = kept;
    this.attributeCount = count + 2;
  }

  /** A value as it is kept, or INVALID, which has been told by then. */
  keep(key: string, value: unknown, limits: LogRecordLimits): unknown {
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    const limit = limits.attributeValueLengthLimit;
    if (typeof value === 'string') return value.length > limit ? limitLength(value, limit) : value;
    const plain = plainAttributeValue(value, limit);
    if (plain.wasCut) this.wasCut = true;
    if (plain.value === INVALID) warnInvalid('value', key);
    return plain.value;
  }

  /** Where the value of `key` is among the pairs, or −1. */
  find(key: string): number {
    for (let i = 0; i < this.attributeCount; i += 2) if (this.attributePairs[i] === key) return i + 1;
    return -1;
  }

  /** What the user says of the exception in attributes of the record counts more. */
  #addException(exception: unknown, limits: LogRecordLimits): void {
    for (const [key, value] of exceptionAttributes(exception)) if (this.find(key) === -1) this.add(key, value, limits);
  }

  takeTimes(timestamp: unknown, observed: unknown): void {
    this.hasTime = timestamp !== undefined && useTimeInput(timestamp);
    if (this.hasTime) {
      this.seconds = recordTime.seconds;
      this.nanos = recordTime.nanos;
    }
    this.hasObserved = observed !== undefined && useTimeInput(observed);
    if (this.hasObserved) {
      this.observedSeconds = recordTime.seconds;
      this.observedNanos = recordTime.nanos;
    }
  }

  /** The clock's time for what is not given. */
  fillTimes(seconds: number, nanos: number): void {
    if (!this.hasTime) {
      this.hasTime = true;
      this.seconds = seconds;
      this.nanos = nanos;
    }
    if (!this.hasObserved) {
      this.hasObserved = true;
      this.observedSeconds = seconds;
      this.observedNanos = nanos;
    }
  }

  #takeSpan(context: Context): void {
    const span = getSpan(context);
    if (span instanceof MmapSpan) {
      this.hasSpan = true;
      this.trace0 = span.trace0;
      this.trace1 = span.trace1;
      this.trace2 = span.trace2;
      this.trace3 = span.trace3;
      this.span0 = span.span0;
      this.span1 = span.span1;
      this.traceFlags = span.flags & 0xff;
    } else {
      this.takeSpanContext(span?.spanContext());
    }
  }

  /** The span that the record belongs to; one that is not valid is none. */
  takeSpanContext(context: SpanContext | undefined): void {
    this.hasSpan = context !== undefined && context !== null && isSpanContextValid(context);
    if (!this.hasSpan) return;
    const { traceId, spanId, traceFlags } = context!;
    this.trace0 = parseWord(traceId, 0);
    this.trace1 = parseWord(traceId, 8);
    this.trace2 = parseWord(traceId, 16);
    this.trace3 = parseWord(traceId, 24);
    this.span0 = parseWord(spanId, 0);
    this.span1 = parseWord(spanId, 8);
    this.traceFlags = traceFlags & 0xff;
  }

  /** Lets the user's hook decide what of the values is kept. */
  redact(redaction: Redaction): void {
    const { attributePairs: pairs, attributeCount: count } = this;
    let kept = 0;
    for (let i = 0; i < count; i += 2) {
      const value = redaction.of(pairs[i] as string, pairs[i + 1]);
      if (value === undefined) continue;
      pairs[kept++] = pairs[i];
      pairs[kept++] = value;
    }
    this.attributeCount = kept;
    pairs.fill(undefined, kept, count);
    if (this.body !== undefined) this.body = redaction.of('body', this.body);
  }

  /** Lets go of what was the user's. */
  clear(): void {
    this.body = undefined;
    const { attributePairs: pairs, attributeCount: count } = this;
    if (pairs.length > KEPT_ELEMENTS) this.attributePairs = [];
    else for (let i = 1; i < count; i += 2) pairs[i] = undefined;
  }
}

function optionalText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value as string | undefined;
  return value === null ? undefined : textOf(value);
}
