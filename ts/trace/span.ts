// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  type Attributes,
  type AttributeValue,
  type Context,
  diag,
  type Exception,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
  type TraceState,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { COMMIT_PUBLISHED } from '../native/layout.js';
import { type OpenSpan, pendingAttributes } from '../record/pending-attributes.js';
import { type EndFields, otlpFlags, type StartFields } from '../record/span-fields.js';
import { formatIdentity, formatSpanId } from '../record/span-identity.js';
import { recordTime, type Scope, useClock, useTime } from '../record/writer.js';
import {
  acquirePairs,
  isAttributeValue,
  limitLength,
  NO_PAIRS,
  releasePairs,
  toAttributes,
  warnInvalid,
} from './attributes.js';
import { describeException } from './exception.js';
import { type RecordedLink, SpanDetails, type TimedEvent } from './span-details.js';
import { recordEvent, recordLink } from './span-events.js';
import type { SpanOrigin } from './span-origin.js';
import { textOf } from './text.js';
import { isTimeInput, useTimeInput } from './time-input.js';
import { serializeTraceState } from './trace-state.js';

// `packed`: small facts in one word.
const FLAGS = 0x3ff;
const KIND_SHIFT = 10;
const KIND = 7 << KIND_SHIFT;
const STATUS_SHIFT = 13;
const STATUS = 3 << STATUS_SHIFT;
const HAS_PARENT = 1 << 15;
const PARENT_SAMPLED = 1 << 16;
/** Its records go to the file: it is sampled, and its start is there. */
const IN_FILE = 1 << 17;
const ENDING = 1 << 18;
const ENDED = 1 << 19;
const LAST_KIND = 4;
/** Attributes (two elements each) from which a map finds the keys. */
const MANY_ELEMENTS = 32;

/** Where a span stands: its own ids and its parent's. */
export interface SpanPosition {
  trace0: number;
  trace1: number;
  trace2: number;
  trace3: number;
  span0: number;
  span1: number;
  hasParent: boolean;
  parent0: number;
  parent1: number;
  parentSampled: boolean;
  /** The parent's context when the parent is not a span of this class. */
  parentContext: SpanContext | undefined;
  /** The span's own context when it is known in full already. */
  context: SpanContext | undefined;
  traceFlags: number;
}

/**
 * A recording span. It is a `ReadableSpan` of the stock SDK too, built from its fields when somebody looks; without span
 * processors its attributes, events and links are not kept beyond what the file needs.
 */
export class MmapSpan implements Span, ReadableSpan, StartFields, EndFields, OpenSpan {
  declare readonly trace0: number;
  declare readonly trace1: number;
  declare readonly trace2: number;
  declare readonly trace3: number;
  declare readonly span0: number;
  declare readonly span1: number;
  declare readonly parent0: number;
  declare readonly parent1: number;
  declare readonly origin: SpanOrigin;
  declare name: string;
  declare private packed: number;
  declare startSeconds: number;
  declare startNanos: number;
  /** The clock anchor of the start (−1: the start was given by the user), so that the end is told by the same clock. */
  declare anchor: number;
  declare private endSeconds: number;
  declare private endNanos: number;
  declare attributePairs: unknown[];
  declare attributeCount: number;
  declare private context: SpanContext | undefined;
  declare private parentContext: SpanContext | undefined;
  declare private details: SpanDetails | undefined;

  constructor(origin: SpanOrigin, position: SpanPosition, name: string, kind: number | undefined) {
    this.trace0 = position.trace0;
    this.trace1 = position.trace1;
    this.trace2 = position.trace2;
    this.trace3 = position.trace3;
    this.span0 = position.span0;
    this.span1 = position.span1;
    this.parent0 = position.parent0;
    this.parent1 = position.parent1;
    this.origin = origin;
    this.name = textOf(name);
    const { parentContext } = position;
    let packed = otlpFlags(position.traceFlags, parentContext?.isRemote);
    if (kind !== undefined && kind > 0 && kind <= LAST_KIND) packed |= kind << KIND_SHIFT;
    if (position.hasParent) packed |= HAS_PARENT;
    if (position.parentSampled) packed |= PARENT_SAMPLED;
    this.packed = packed;
    this.startSeconds = 0;
    this.startNanos = 0;
    this.anchor = -1;
    this.endSeconds = 0;
    this.endNanos = 0;
    this.attributePairs = NO_PAIRS;
    this.attributeCount = 0;
    this.context = position.context;
    this.parentContext = parentContext;
    this.details = undefined;
  }

  /** @internal Commits the start (of a sampled span), adds the links and tells the span processors. */
  begin(
    context: Context,
    attributes: Attributes | undefined,
    links: Link[] | undefined,
    startTime: TimeInput | undefined,
  ): void {
    const { records, processors } = this.origin;
    if (attributes !== undefined && attributes !== null) this.#store(attributes);
    const given = useTimeInput(startTime);
    if (!given) useClock(-1, 0, 0);
    if ((this.packed & 1) === 1 && records.start(this) === COMMIT_PUBLISHED) this.packed |= IN_FILE;
    else if (!given) records.writer.readClock();
    this.startSeconds = recordTime.seconds;
    this.startNanos = recordTime.nanos;
    if (!given) this.anchor = recordTime.anchor;
    if (links !== undefined && links !== null) this.addLinks(links);
    processors?.onStart(this, context);
  }

  #store(attributes: Attributes): void {
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key)) continue;
      const value = attributes[key];
      if (value !== undefined && value !== null) this.#keep(key, value);
    }
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (value === undefined || value === null || this.#refuses()) return this;
    const at = this.#keep(key, value);
    if (at !== -1 && (this.packed & IN_FILE) !== 0) {
      pendingAttributes.add(this.origin.records, this, key, this.attributePairs[at]);
    }
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.#refuses()) return this;
    for (const key in attributes) {
      if (Object.hasOwn(attributes, key)) this.setAttribute(key, attributes[key] as AttributeValue);
    }
    return this;
  }

  /** Stores a valid attribute within the limits. Returns where its value is, or −1. */
  #keep(key: string, value: unknown): number {
    if (typeof key !== 'string' || key === '') {
      warnInvalid('key', key);
      return -1;
    }
    const { limits } = this.origin;
    let kept = value;
    const type = typeof value;
    if (type === 'string') {
      if ((value as string).length > limits.attributeValueLengthLimit)
        kept = limitLength(value, limits.attributeValueLengthLimit);
    } else if (type !== 'number' && type !== 'boolean') {
      if (!isAttributeValue(value)) {
        warnInvalid('value', key);
        return -1;
      }
      kept = limitLength(value, limits.attributeValueLengthLimit);
    }
    const count = this.attributeCount;
    const found = this.#find(key, count);
    if (found !== -1) {
      this.attributePairs[found] = kept;
      return found;
    }
    if (count / 2 >= limits.attributeCountLimit) {
      this.#details().droppedAttributes++;
      return -1;
    }
    if (count === 0) this.attributePairs = acquirePairs();
    this.attributePairs[count] = key;
    this.attributePairs[count + 1] = kept;
    this.attributeCount = count + 2;
    if (count >= MANY_ELEMENTS) this.details?.attributeIndex?.set(key, count + 1);
    return count + 1;
  }

  /** Where the value of `key` is, or −1. */
  #find(key: string, count: number): number {
    const pairs = this.attributePairs;
    if (count < MANY_ELEMENTS) {
      for (let i = 0; i < count; i += 2) if (pairs[i] === key) return i + 1;
      return -1;
    }
    const details = this.#details();
    if (details.attributeIndex === undefined) {
      details.attributeIndex = new Map();
      for (let i = 0; i < count; i += 2) details.attributeIndex.set(pairs[i] as string, i + 1);
    }
    return details.attributeIndex.get(key) ?? -1;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.#refuses()) return this;
    let attributes: unknown = attributesOrTime;
    let given: unknown = time;
    if (isTimeInput(attributesOrTime)) {
      if (!isTimeInput(time)) given = attributesOrTime;
      attributes = undefined;
    }
    recordEvent(this, this.#details(), name, attributes, given);
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const attributes = describeException(exception);
    if (attributes === undefined) diag.warn('Failed to record an exception', exception);
    else this.addEvent('exception', attributes, time);
  }

  addLink(link: Link): this {
    if (!this.#refuses()) recordLink(this, this.#details(), link);
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (this.#refuses()) return this;
    const { code, message } = status;
    const current = this.statusCode;
    if (code === SpanStatusCode.UNSET || current === SpanStatusCode.OK) return this;
    this.packed = (this.packed & ~STATUS) | ((code << STATUS_SHIFT) & STATUS);
    let text: string | undefined;
    if (code === SpanStatusCode.ERROR) {
      if (typeof message === 'string') text = message;
      else if (message !== undefined && message !== null) {
        diag.warn(`Dropping invalid status.message of type '${typeof message}', expected 'string'`);
      }
    }
    if (text !== undefined || this.details !== undefined) this.#details().statusMessage = text;
    if (this.inFile) pendingAttributes.addStatus(this.origin.records, this, this);
    return this;
  }

  updateName(name: string): this {
    if (this.#refuses()) return this;
    this.name = textOf(name);
    if (this.inFile) {
      pendingAttributes.flushOf(this);
      this.origin.records.name(this, this.name);
    }
    return this;
  }

  end(endTime?: TimeInput): void {
    if ((this.packed & (ENDED | ENDING)) !== 0) {
      const { traceId, spanId } = this.spanContext();
      diag.error(`${this.name} ${traceId}-${spanId} - You can only call end() on a span once.`);
      return;
    }
    const { details } = this;
    if (details !== undefined) warnOfDrops(details);
    const { records, processors } = this.origin;
    const given = endTime !== undefined && useTimeInput(endTime);
    if (given) this.#notBeforeStart();
    else useClock(this.anchor, this.startSeconds, this.startNanos);
    if (processors !== undefined || !this.inFile) {
      if (!given) records.writer.readClock();
      this.endSeconds = recordTime.seconds;
      this.endNanos = recordTime.nanos;
      this.packed |= ENDING;
      processors?.onEnding(this);
      useTime(this.endSeconds, this.endNanos);
    }
    if (this.inFile) {
      pendingAttributes.flushOf(this);
      records.end(this, this);
      this.endSeconds = recordTime.seconds;
      this.endNanos = recordTime.nanos;
    }
    this.packed |= ENDED;
    if (processors !== undefined) {
      processors.onEnd(this);
      return;
    }
    releasePairs(this.attributePairs, this.attributeCount);
    this.attributePairs = NO_PAIRS;
    this.attributeCount = 0;
  }

  /** An end before the start becomes the start, as in the stock SDK. */
  #notBeforeStart(): void {
    const late = (recordTime.seconds >>> 0) - (this.startSeconds >>> 0) || recordTime.nanos - this.startNanos;
    if (late >= 0) return;
    diag.warn('Inconsistent start and end time, startTime > endTime. Setting span duration to 0ms.');
    useTime(this.startSeconds, this.startNanos);
  }

  isRecording(): boolean {
    return (this.packed & ENDED) === 0;
  }

  spanContext(): SpanContext {
    if (this.context === undefined) {
      const ids = formatIdentity(this);
      this.context = {
        traceId: this.parentContext?.traceId ?? ids.substring(0, 32),
        spanId: ids.substring(32),
        traceFlags: this.packed & 0xff,
        traceState: undefined,
      };
    }
    return this.context;
  }

  #refuses(): boolean {
    if ((this.packed & ENDED) === 0) return false;
    const { traceId, spanId } = this.spanContext();
    diag.warn(`Cannot execute the operation on ended Span {traceId: ${traceId}, spanId: ${spanId}}`);
    return true;
  }

  #details(): SpanDetails {
    this.details ??= new SpanDetails();
    return this.details;
  }

  // What the encoders and the tracer read.

  /** @internal */
  get inFile(): boolean {
    return (this.packed & IN_FILE) !== 0;
  }
  /** @internal */
  get scope(): Scope {
    return this.origin.scope;
  }
  /** @internal */
  get hasParent(): boolean {
    return (this.packed & HAS_PARENT) !== 0;
  }
  /** @internal */
  get flags(): number {
    return this.packed & FLAGS;
  }
  /** @internal */
  get traceState(): string | undefined {
    return this.context === undefined ? undefined : serializeTraceState(this.context.traceState);
  }
  /** @internal The trace state for a child; when there is one, the child needs this span's context in full. */
  inheritedTraceState(child: SpanPosition): TraceState | undefined {
    const traceState = this.context?.traceState;
    if (traceState !== undefined) child.parentContext = this.context;
    return traceState;
  }
  /** @internal */
  get statusCode(): number {
    return (this.packed & STATUS) >> STATUS_SHIFT;
  }
  /** @internal */
  get statusMessage(): string | undefined {
    return this.details?.statusMessage;
  }
  /** @internal */
  get droppedAttributes(): number {
    return this.details?.droppedAttributes ?? 0;
  }
  /** @internal */
  get droppedEvents(): number {
    return this.details?.droppedEvents ?? 0;
  }
  /** @internal */
  get droppedLinks(): number {
    return this.details?.droppedLinks ?? 0;
  }

  // The rest of ReadableSpan.

  get kind(): SpanKind {
    return (this.packed & KIND) >> KIND_SHIFT;
  }
  get parentSpanContext(): SpanContext | undefined {
    if (this.parentContext === undefined && this.hasParent) {
      const { traceId, traceState } = this.spanContext();
      const spanId = formatSpanId(this.parent0, this.parent1);
      this.parentContext = { traceId, spanId, traceFlags: (this.packed & PARENT_SAMPLED) !== 0 ? 1 : 0, traceState };
    }
    return this.parentContext;
  }
  get startTime(): HrTime {
    return [this.startSeconds >>> 0, this.startNanos];
  }
  get endTime(): HrTime {
    return [this.endSeconds >>> 0, this.endNanos];
  }
  get duration(): HrTime {
    if ((this.packed & (ENDED | ENDING)) === 0) return [-1, -1];
    const nanos = this.endNanos - this.startNanos;
    const seconds = (this.endSeconds >>> 0) - (this.startSeconds >>> 0);
    return nanos < 0 ? [seconds - 1, nanos + 1_000_000_000] : [seconds, nanos];
  }
  get ended(): boolean {
    return (this.packed & ENDED) !== 0;
  }
  get status(): SpanStatus {
    const { statusCode: code, statusMessage: message } = this;
    return message === undefined ? { code } : { code, message };
  }
  get attributes(): Attributes {
    return toAttributes(this.attributePairs, this.attributeCount);
  }
  get events(): TimedEvent[] {
    return this.details?.events ?? [];
  }
  get links(): RecordedLink[] {
    return this.details?.links ?? [];
  }
  get resource(): Resource {
    return this.origin.resource;
  }
  get instrumentationScope(): InstrumentationScope {
    return this.origin.instrumentationScope;
  }
  get droppedAttributesCount(): number {
    return this.droppedAttributes;
  }
  get droppedEventsCount(): number {
    return this.droppedEvents;
  }
  get droppedLinksCount(): number {
    return this.droppedLinks;
  }
}

function warnOfDrops({ droppedEvents, droppedLinks }: SpanDetails): void {
  if (droppedEvents > 0) diag.warn(`Dropped ${droppedEvents} events because eventCountLimit reached`);
  if (droppedLinks > 0) diag.warn(`Dropped ${droppedLinks} links because linkCountLimit reached`);
}
