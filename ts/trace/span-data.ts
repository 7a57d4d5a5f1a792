// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, HrTime, SpanContext, SpanKind, SpanStatus, TraceState } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { toAttributes } from '../attributes/valid.js';
import { textOf } from '../input/text.js';
import type { OpenSpan } from '../record/pending-attributes.js';
import type { Scope } from '../record/scope.js';
import { type EndFields, otlpFlags, type StartFields } from '../record/span-fields.js';
import { formatIdentity, formatSpanId, type SpanIdentity } from '../record/span-identity.js';
import { NO_PAIRS } from './pairs.js';
import { type RecordedLink, SpanDetails, type TimedEvent } from './span-details.js';
import type { SpanOrigin } from './span-origin.js';
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

/** Where a span stands: its own ids and its parent's. */
export interface SpanPosition extends SpanIdentity {
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
 * What a span has, as few words as may be, and how others see it: the encoders, the tracer, and everybody who takes it for a
 * `ReadableSpan` of the stock SDK, whose parts are made when somebody looks.
 */
export class SpanData implements StartFields, EndFields, OpenSpan {
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
  declare protected packed: number;
  declare startSeconds: number;
  declare startNanos: number;
  /** The clock anchor of the start (−1: the start was given by the user), so that the end is told by the same clock. */
  declare anchor: number;
  declare protected endSeconds: number;
  declare protected endNanos: number;
  declare attributePairs: unknown[];
  declare attributeCount: number;
  /** Bits of the keys of its attributes (`keyBit`). */
  declare protected keyBits: number;
  declare protected context: SpanContext | undefined;
  declare protected parentContext: SpanContext | undefined;
  declare protected details: SpanDetails | undefined;

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
    if (typeof kind === 'number' && kind > 0 && kind <= LAST_KIND) packed |= kind << KIND_SHIFT;
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
    this.keyBits = 0;
    this.context = position.context;
    this.parentContext = parentContext;
    this.details = undefined;
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

  protected detail(): SpanDetails {
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

export { ENDED, ENDING, IN_FILE, STATUS, STATUS_SHIFT };
