// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as layout from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import * as anyValue from './any-value.js';
import type { LogFields } from './log-fields.js';
import * as longValues from './long-values.js';
import * as message from './span-message.js';
import * as wire from './wire.js';
import { ATTEMPTS, NO_TIME, useClock, useTime, type Writer } from './writer.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const {
  bounds,
  DELIMITED,
  FIXED32,
  FIXED64,
  LENGTH_WIDTH,
  putFixed32,
  putNanos,
  putString,
  putVarint,
  setLength,
  SHORT_STRING,
  VARINT,
} = wire;
const { isSmall, putAnyValue, STALE_KEYS } = anyValue;
const { allowLong, left, putLongAttributes } = longValues;
const { putSpanId, putTag, putText, putTraceId, tagOf } = message;
const {
  COMMIT_DISABLED,
  COMMIT_PUBLISHED,
  COMMIT_STALE,
  CONSTANT_DROP_LIMIT,
  CONSTANT_RING_EVENTS,
  FIELD_CONTEXT_FLAGS,
  FIELD_CONTEXT_SPAN_ID,
  FIELD_CONTEXT_TRACE_ID,
  FIELD_EVENT_ATTRIBUTES,
  FIELD_EVENT_BODY,
  FIELD_EVENT_DROPPED_ATTRIBUTES,
  FIELD_EVENT_NAME,
  FIELD_EVENT_NAME_REF,
  FIELD_EVENT_OBSERVED_TIME,
  FIELD_EVENT_SCOPE_REF,
  FIELD_EVENT_SCOPE_SCHEMA_URL_REF,
  FIELD_EVENT_SEVERITY_NUMBER,
  FIELD_EVENT_SEVERITY_TEXT,
  FIELD_EVENT_SPAN_CONTEXT,
  FIELD_EVENT_TIME,
  SCRATCH_RECORD,
} = layout;

// A constant of this module, so that the optimising compiler knows its address.
const { bytes } = threadScratch;

const LAST_SEVERITY = 24;
/** Bytes of a span context: two ids and flags, each with its tag. */
const CONTEXT_LENGTH = 10 + 18 + 5;
const ATTRIBUTE_TAG = tagOf(FIELD_EVENT_ATTRIBUTES, DELIMITED);
const BODY_TAG = tagOf(FIELD_EVENT_BODY, DELIMITED);
const STALE = -1;

/**
 * Encodes log records and commits each before its method returns: one record in the ring is one log record. One that no slot takes
 * is cut there, and stands whole in the spill ring.
 */
export class LogRecords {
  readonly writer: Writer;
  /** Longest record that a slot takes. */
  readonly capacity: number;
  /** Where the record just encoded has the time that the clock tells; NO_TIME when both its times were given. */
  #clockAt = NO_TIME;
  /** Attributes before this element were looked at: one without a reference for its key is counted by then. */
  #counted = 0;

  constructor(writer: Writer) {
    this.writer = writer;
    this.capacity = writer.capacity(CONSTANT_RING_EVENTS);
  }

  /** A record that came after the end of its provider: told, as every loss is. */
  refuse(): void {
    this.writer.abandon(CONSTANT_RING_EVENTS, COMMIT_DISABLED);
  }

  /** Returns COMMIT_PUBLISHED or why the record was dropped; by then the drop is counted and the user told. */
  commit(fields: LogFields): number {
    const { writer } = this;
    for (let i = 0; i < ATTEMPTS; i++) {
      let status = writer.resolve(fields.scope);
      if (status !== COMMIT_PUBLISHED) return writer.abandon(CONSTANT_RING_EVENTS, status);
      bounds.limit = SCRATCH_RECORD + this.capacity;
      bounds.cutting = false;
      bounds.wasCut = fields.wasCut;
      status = this.#attempt(fields);
      if (status !== COMMIT_STALE) return writer.settle(CONSTANT_RING_EVENTS, status);
      writer.refresh();
    }
    return writer.abandon(CONSTANT_RING_EVENTS, COMMIT_STALE);
  }

  #attempt(fields: LogFields): number {
    const from = this.#putHead(fields);
    if (from === STALE) return COMMIT_STALE;
    let to = this.#putAttributes(from, fields);
    if (to === STALE) return COMMIT_STALE;
    if (to <= bounds.limit && fields.body !== undefined) to = this.#putBody(to, fields.body);
    if (to <= bounds.limit && fields.droppedAttributes > 0) to = putDropped(to, fields.droppedAttributes);
    if (to > bounds.limit) to = this.#putLong(from, fields);
    if (to === STALE) return COMMIT_STALE;
    return this.#publish(fields, to);
  }

  #publish(fields: LogFields, to: number): number {
    const { writer } = this;
    const length = to - SCRATCH_RECORD;
    const at = this.#clockAt;
    if (at === NO_TIME) useTime(fields.seconds, fields.nanos);
    else useClock(-1, 0, 0);
    if (length > this.capacity) return writer.commitLong(CONSTANT_RING_EVENTS, SCRATCH_RECORD, length, at);
    if (at === NO_TIME) return writer.commit(CONSTANT_RING_EVENTS, SCRATCH_RECORD, length, writer.epoch);
    return writer.commitTimed(CONSTANT_RING_EVENTS, SCRATCH_RECORD, length, at);
  }

  /** Everything but attributes and body. */
  #putHead(fields: LogFields): number {
    const { scope } = fields;
    bytes[SCRATCH_RECORD] = tagOf(FIELD_EVENT_SCOPE_REF, VARINT);
    let to = putVarint(SCRATCH_RECORD + 1, scope.reference);
    to = this.#putTimes(to, fields);
    const { severityNumber, severityText, eventName } = fields;
    if (severityNumber > 0 && severityNumber <= LAST_SEVERITY) {
      bytes[to] = tagOf(FIELD_EVENT_SEVERITY_NUMBER, VARINT);
      bytes[to + 1] = severityNumber;
      to += 2;
    }
    if (severityText) to = this.#putShort(to, FIELD_EVENT_SEVERITY_TEXT, severityText);
    if (eventName) {
      to = this.#putName(to, eventName);
      if (to === STALE) return STALE;
    }
    if (fields.hasSpan) {
      bytes[to] = tagOf(FIELD_EVENT_SPAN_CONTEXT, DELIMITED);
      bytes[to + 1] = CONTEXT_LENGTH;
      to = putSpanId(to + 2, FIELD_CONTEXT_SPAN_ID, fields.span0, fields.span1);
      to = putTraceId(to, FIELD_CONTEXT_TRACE_ID, fields);
      bytes[to] = tagOf(FIELD_CONTEXT_FLAGS, FIXED32);
      to = putFixed32(to + 1, fields.traceFlags);
    }
    if (scope.schemaUrlReference !== 0) {
      to = putVarint(putTag(to, FIELD_EVENT_SCOPE_SCHEMA_URL_REF, VARINT), scope.schemaUrlReference);
    }
    return to;
  }

  /** The time, and that of observation where it is another. What is not given is the clock's, at the commit. */
  #putTimes(at: number, fields: LogFields): number {
    bytes[at] = tagOf(FIELD_EVENT_TIME, FIXED64);
    let to = at + 9;
    this.#clockAt = at + 1;
    if (!fields.hasTime && !fields.hasObserved) return to;
    if (fields.hasTime) putNanos(at + 1, fields.seconds, fields.nanos);
    const { hasObserved, observedSeconds, observedNanos } = fields;
    if (fields.hasTime && hasObserved) {
      this.#clockAt = NO_TIME;
      if (observedSeconds === fields.seconds && observedNanos === fields.nanos) return to;
    }
    to = putTag(to, FIELD_EVENT_OBSERVED_TIME, FIXED64);
    if (hasObserved) putNanos(to, observedSeconds, observedNanos);
    else this.#clockAt = to;
    return to + 8;
  }

  /** A name that the dictionary has, or has room for; else as it is. */
  #putName(at: number, name: string): number {
    const reference = this.writer.nameReference(name);
    if (reference === STALE_KEYS) return STALE;
    if (reference <= 0) return this.#putShort(at, FIELD_EVENT_NAME, name);
    bytes[at] = tagOf(FIELD_EVENT_NAME_REF, VARINT);
    return putVarint(at + 1, reference);
  }

  /** A text that is short as a rule. */
  #putShort(at: number, field: number, text: string): number {
    if (field < 16 && text.length <= SHORT_STRING) return putString(at, tagOf(field, DELIMITED), text);
    const { limit } = bounds;
    allowLong(at, this.writer);
    bounds.cutting = true;
    const to = putText(at, field, text);
    bounds.limit = limit;
    bounds.cutting = false;
    return to;
  }

  /** All attributes, or a position beyond the limit. */
  #putAttributes(at: number, fields: LogFields): number {
    const { writer } = this;
    const { attributePairs: pairs, attributeCount: count } = fields;
    const { limit } = bounds;
    let to = at;
    let i = 0;
    for (; i < count && to <= limit; i += 2) {
      const end = writer.putAttribute(to, ATTRIBUTE_TAG, pairs[i] as string, pairs[i + 1]);
      if (end > 0) to = end;
      else if (end === STALE_KEYS) return STALE;
      else this.#refuseKey();
    }
    this.#counted = i;
    return to;
  }

  #refuseKey(): void {
    this.writer.lost(CONSTANT_RING_EVENTS, CONSTANT_DROP_LIMIT);
  }

  #putBody(at: number, body: unknown): number {
    bytes[at] = BODY_TAG;
    if (isSmall(body)) {
      const to = putAnyValue(at + 2, body, this.writer, 0);
      bytes[at + 1] = to - at - 2;
      return to;
    }
    const from = at + 1 + LENGTH_WIDTH;
    const to = putAnyValue(from, body, this.writer, 0);
    if (to <= bounds.limit) setLength(at + 1, to - from);
    return to;
  }

  /** Body and attributes of a record that no slot takes: each value is cut at the limit of values alone. */
  #putLong(from: number, fields: LogFields): number {
    const { writer } = this;
    const { attributePairs: pairs, attributeCount: count, body } = fields;
    let to = from;
    if (body !== undefined) {
      bounds.cutting = true;
      allowLong(to, writer);
      to = this.#putBody(to, body);
    }
    to = putLongAttributes(to, ATTRIBUTE_TAG, CONSTANT_RING_EVENTS, pairs, count, writer, this.#counted);
    if (to === STALE_KEYS) return STALE;
    const dropped = fields.droppedAttributes + left.out;
    return dropped > 0 ? putDropped(to, dropped) : to;
  }
}

function putDropped(at: number, count: number): number {
  return putVarint(putTag(at, FIELD_EVENT_DROPPED_ATTRIBUTES, VARINT), count);
}
