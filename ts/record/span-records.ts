// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as layout from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import * as anyValue from './any-value.js';
import { putLinkIds, putLongLink } from './long-link.js';
import * as longValues from './long-values.js';
import type {
  EndFields,
  EventFields,
  LinkFields,
  Pairs,
  RecordedSpan,
  StartFields,
  StatusFields,
} from './span-fields.js';
import * as message from './span-message.js';
import * as wire from './wire.js';
import { ATTEMPTS, NO_TIME, type Writer } from './writer.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { bounds, DELIMITED, FIXED32, FIXED64, LENGTH_WIDTH, putFixed32, putVarint, setLength, VARINT } = wire;
const { STALE_KEYS } = anyValue;
const { allowLong } = longValues;
const { putCount, putMessage, putSpanHeader, putSpanId, putTag, putText, putTraceState, tagOf } = message;
const {
  COMMIT_DISABLED,
  COMMIT_PUBLISHED,
  COMMIT_STALE,
  CONSTANT_DROP_LIMIT,
  CONSTANT_RING_SPANS,
  FIELD_ADD_LINKS,
  FIELD_ADD_LINKS_LIMIT,
  FIELD_CHANGE_NAME,
  FIELD_END_DROPPED_ATTRIBUTES,
  FIELD_END_DROPPED_EVENTS,
  FIELD_END_DROPPED_LINKS,
  FIELD_END_STATUS,
  FIELD_END_TIME,
  FIELD_END_UPDATE,
  FIELD_EVENT_DATA_ATTRIBUTES,
  FIELD_EVENT_DATA_DROPPED_ATTRIBUTES,
  FIELD_EVENT_DATA_NAME,
  FIELD_EVENT_DATA_TIME,
  FIELD_LINK_ATTRIBUTES,
  FIELD_LINK_DROPPED_ATTRIBUTES,
  FIELD_LINK_TRACE_STATE,
  FIELD_SPAN_EVENT_ATTRIBUTES,
  FIELD_SPAN_EVENT_END,
  FIELD_SPAN_EVENT_LINK,
  FIELD_SPAN_EVENT_NAME,
  FIELD_SPAN_EVENT_START,
  FIELD_START_ATTRIBUTES,
  FIELD_START_FLAGS,
  FIELD_START_KIND,
  FIELD_START_NAME,
  FIELD_START_PARENT_SPAN_ID,
  FIELD_START_SCOPE_SCHEMA_URL_REF,
  FIELD_START_TIME,
  FIELD_START_TRACE_STATE,
  FIELD_STATUS_CODE,
  FIELD_STATUS_MESSAGE,
  FIELD_UPDATE_ATTRIBUTES,
  FIELD_UPDATE_EVENT,
  FIELD_UPDATE_EVENT_ATTRIBUTES,
  FIELD_UPDATE_EVENT_LIMIT,
  FIELD_UPDATE_STATUS,
  SCRATCH_RECORD,
} = layout;

// A constant of this module, so that the optimising compiler knows its address.
const { bytes } = threadScratch;

/** What a start record has behind the name at the least: kind, time, flags, schema URL. */
const BEHIND_NAME = 40;
/** Dropped counts and a status' own bytes behind the attributes of an end, at most. */
export const END_ROOM = 40;
const STALE = -1;
/** Not a commit's answer: what was to share a record does not fit into one. */
const NO_ROOM = -2;

/**
 * Encodes the records of spans and commits them, each before its method returns. A method's result is COMMIT_PUBLISHED or
 * why the record was dropped; by then the drop is counted and the user told. Times come from `recordTime` (writer.ts).
 */
export class SpanRecords {
  readonly writer: Writer;
  /** Longest record that a slot takes. */
  readonly capacity: number;
  /** Room that a record has behind a text that no slot takes. */
  readonly #behindLong: number;
  /** The first attribute that did not fit into the record just encoded. */
  #next = 0;

  constructor(writer: Writer) {
    this.writer = writer;
    this.capacity = writer.capacity(CONSTANT_RING_SPANS);
    this.#behindLong = this.capacity >> 2;
  }

  /** A span that came after the end of its provider: told, as every loss is. */
  refuse(): void {
    this.writer.abandon(CONSTANT_RING_SPANS, COMMIT_DISABLED);
  }

  /** The span has begun, at `recordTime`. Attributes that do not fit follow in records of their own; the result is the start's. */
  start(span: StartFields): number {
    const status = this.#commit(span, this.#tryStart, span);
    if (status === COMMIT_PUBLISHED && this.#next < span.attributeCount) {
      this.attributes(span, span.attributePairs, span.attributeCount, this.#next);
    }
    return status;
  }

  /** The span has ended, at `recordTime`. */
  end(span: RecordedSpan, fields: EndFields): number {
    return this.#commit(span, this.#tryEnd, fields);
  }

  /** The span has ended, at `recordTime`, and these are attributes that it has got before: in one record if they may share one. */
  endWith(span: RecordedSpan, fields: EndFields, pairs: Pairs, count: number): number {
    if (count === 0) return this.end(span, fields);
    if (this.writer.sharesRecords) {
      closing.fields = fields;
      closing.pairs = pairs;
      closing.count = count;
      const status = this.#commit(span, this.#tryEndWith, closing);
      if (status !== NO_ROOM) return status;
    }
    this.attributes(span, pairs, count);
    return this.end(span, fields);
  }

  name(span: RecordedSpan, name: string): number {
    return this.#commit(span, this.#tryName, name);
  }

  status(span: RecordedSpan, fields: StatusFields): number {
    return this.#commit(span, this.#tryStatus, fields);
  }

  /** Attributes `from` to `count` (in elements of `pairs`), in as many records as they need. */
  attributes(span: RecordedSpan, pairs: Pairs, count: number, from = 0): number {
    return this.#inParts(span, UPDATE_ATTRIBUTES, pairs, count, from);
  }

  /** An event of the span, at `recordTime`. */
  event(span: RecordedSpan, fields: EventFields): number {
    const status = this.#commit(span, this.#tryEvent, fields);
    if (status === COMMIT_PUBLISHED && this.#next < fields.attributeCount) {
      this.#inParts(span, EVENT_ATTRIBUTES, fields.attributePairs, fields.attributeCount, this.#next);
    }
    return status;
  }

  link(span: RecordedSpan, fields: LinkFields): number {
    return this.#commit(span, this.#tryLink, fields);
  }

  #inParts(span: RecordedSpan, field: number, pairs: Pairs, count: number, from: number): number {
    let status = COMMIT_PUBLISHED;
    part.field = field;
    part.pairs = pairs;
    part.count = count;
    for (let next = from; next < count && status === COMMIT_PUBLISHED; next = this.#next) {
      part.from = next;
      status = this.#commit(span, this.#tryPart, part);
    }
    part.pairs = [];
    return status;
  }

  /** Encodes and commits, again as long as the answer is that references are of an older epoch. */
  #commit<F>(span: RecordedSpan, attempt: (at: number, span: RecordedSpan, fields: F) => number, fields: F): number {
    const { writer } = this;
    for (let i = 0; i < ATTEMPTS; i++) {
      let status = writer.resolve(span.scope);
      if (status !== COMMIT_PUBLISHED) return writer.abandon(CONSTANT_RING_SPANS, status);
      bounds.limit = SCRATCH_RECORD + this.capacity;
      bounds.cutting = false;
      bounds.wasCut = false;
      status = attempt.call(this, putSpanHeader(SCRATCH_RECORD, span), span, fields);
      if (status === NO_ROOM) return status;
      if (status !== COMMIT_STALE) return writer.settle(CONSTANT_RING_SPANS, status);
      writer.refresh();
    }
    return writer.abandon(CONSTANT_RING_SPANS, COMMIT_STALE);
  }

  #publish(end: number): number {
    const { writer } = this;
    const length = end - SCRATCH_RECORD;
    if (length > this.capacity) return writer.commitLong(CONSTANT_RING_SPANS, SCRATCH_RECORD, length, NO_TIME);
    return writer.commit(CONSTANT_RING_SPANS, SCRATCH_RECORD, length, writer.epoch);
  }

  #publishTimed(end: number, timeAt: number): number {
    const { writer } = this;
    const length = end - SCRATCH_RECORD;
    if (length > this.capacity) return writer.commitLong(CONSTANT_RING_SPANS, SCRATCH_RECORD, length, timeAt);
    return writer.commitTimed(CONSTANT_RING_SPANS, SCRATCH_RECORD, length, timeAt);
  }

  #tryStart(at: number, span: RecordedSpan, fields: StartFields): number {
    const from = putMessage(at, FIELD_SPAN_EVENT_START);
    let to = from;
    if (fields.hasParent) to = putSpanId(to, FIELD_START_PARENT_SPAN_ID, fields.parent0, fields.parent1);
    to = this.#putLong(to, FIELD_START_NAME, fields.name);
    bytes[to] = tagOf(FIELD_START_KIND, VARINT);
    bytes[to + 1] = fields.kind + 1;
    bytes[to + 2] = tagOf(FIELD_START_TIME, FIXED64);
    const timeAt = to + 3;
    to = putFixed32(putTag(timeAt + 8, FIELD_START_FLAGS, FIXED32), fields.flags);
    if (span.scope.schemaUrlReference !== 0) {
      to = putVarint(putTag(to, FIELD_START_SCOPE_SCHEMA_URL_REF, VARINT), span.scope.schemaUrlReference);
    }
    if (fields.traceState) to = this.#putLongTraceState(to, fields.traceState);
    to = this.#putPairs(to, FIELD_START_ATTRIBUTES, fields.attributePairs, 0, fields.attributeCount);
    if (to === STALE) return COMMIT_STALE;
    setLength(from - LENGTH_WIDTH, to - from);
    return this.#publishTimed(to, timeAt);
  }

  #tryEnd(at: number, _span: RecordedSpan, fields: EndFields): number {
    const from = putMessage(at, FIELD_SPAN_EVENT_END);
    bytes[from] = tagOf(FIELD_END_TIME, FIXED64);
    if (fields.statusMessage) allowLong(from + 9, this.writer);
    const to = putEndFields(from + 9, fields);
    setLength(from - LENGTH_WIDTH, to - from);
    return this.#publishTimed(to, from + 1);
  }

  #tryEndWith(at: number, _span: RecordedSpan, { fields, pairs, count }: Closing): number {
    const from = putMessage(at, FIELD_SPAN_EVENT_END);
    bytes[from] = tagOf(FIELD_END_TIME, FIXED64);
    const room = bounds.limit;
    bounds.limit = room - END_ROOM - 3 * (fields.statusMessage?.length ?? 0);
    const updateAt = putMessage(from + 9, FIELD_END_UPDATE);
    let to = this.#putPairs(updateAt, FIELD_UPDATE_ATTRIBUTES, pairs, 0, count);
    bounds.limit = room;
    if (to === STALE) return COMMIT_STALE;
    if (this.#next < count) return NO_ROOM;
    setLength(updateAt - LENGTH_WIDTH, to - updateAt);
    to = putEndFields(to, fields);
    setLength(from - LENGTH_WIDTH, to - from);
    return this.#publishTimed(to, from + 1);
  }

  #tryName(at: number, _span: RecordedSpan, name: string): number {
    const from = putMessage(at, FIELD_SPAN_EVENT_NAME);
    const to = this.#putLong(from, FIELD_CHANGE_NAME, name);
    setLength(from - LENGTH_WIDTH, to - from);
    return this.#publish(to);
  }

  #tryStatus(at: number, _span: RecordedSpan, fields: StatusFields): number {
    const from = putMessage(at, FIELD_SPAN_EVENT_ATTRIBUTES);
    allowLong(from, this.writer);
    const to = putStatus(from, FIELD_UPDATE_STATUS, fields);
    setLength(from - LENGTH_WIDTH, to - from);
    return this.#publish(to);
  }

  #tryPart(at: number, _span: RecordedSpan, { field, pairs, count, from: first }: Part): number {
    const from = putMessage(at, FIELD_SPAN_EVENT_ATTRIBUTES);
    let to = this.#putPairs(from, field, pairs, first, count);
    if (to === STALE) return COMMIT_STALE;
    if (this.#next === first) {
      // Not even a record of its own holds the first value.
      allowLong(from, this.writer);
      bounds.cutting = true;
      to = this.#putPairs(from, field, pairs, first, first + 2);
      if (to === STALE) return COMMIT_STALE;
      if (to === from) bounds.wasCut = true;
      this.#next = first + 2;
    }
    setLength(from - LENGTH_WIDTH, to - from);
    return to === from ? COMMIT_PUBLISHED : this.#publish(to);
  }

  #tryEvent(at: number, _span: RecordedSpan, fields: EventFields): number {
    const from = putMessage(at, FIELD_SPAN_EVENT_ATTRIBUTES);
    const eventAt = putTag(from, FIELD_UPDATE_EVENT, DELIMITED) + LENGTH_WIDTH;
    bytes[eventAt] = tagOf(FIELD_EVENT_DATA_TIME, FIXED64);
    // The limit stands behind the event, and the dropped count before its attributes: ten bytes each at most.
    bounds.limit -= 16;
    let to = this.#putLong(eventAt + 9, FIELD_EVENT_DATA_NAME, fields.name);
    if (fields.droppedAttributes > 0) {
      to = putCount(to, FIELD_EVENT_DATA_DROPPED_ATTRIBUTES, fields.droppedAttributes);
    }
    to = this.#putPairs(to, FIELD_EVENT_DATA_ATTRIBUTES, fields.attributePairs, 0, fields.attributeCount);
    if (to === STALE) return COMMIT_STALE;
    setLength(eventAt - LENGTH_WIDTH, to - eventAt);
    if (fields.keepAtMost > 0) to = putCount(to, FIELD_UPDATE_EVENT_LIMIT, fields.keepAtMost);
    setLength(from - LENGTH_WIDTH, to - from);
    return this.#publishTimed(to, eventAt + 1);
  }

  #tryLink(at: number, _span: RecordedSpan, fields: LinkFields): number {
    const from = putMessage(at, FIELD_SPAN_EVENT_LINK);
    const linkAt = putMessage(from, FIELD_ADD_LINKS);
    bounds.limit -= 16;
    let to = putLinkIds(linkAt, fields);
    if (fields.traceState) to = putText(to, FIELD_LINK_TRACE_STATE, fields.traceState);
    this.#next = 0;
    if (to <= bounds.limit)
      to = this.#putPairs(to, FIELD_LINK_ATTRIBUTES, fields.attributePairs, 0, fields.attributeCount);
    if (to === STALE) return COMMIT_STALE;
    if (to > bounds.limit || this.#next < fields.attributeCount) {
      to = putLongLink(linkAt, fields, this.writer, this.#next);
      if (to === STALE_KEYS) return COMMIT_STALE;
    } else if (fields.droppedAttributes > 0) {
      to = putCount(to, FIELD_LINK_DROPPED_ATTRIBUTES, fields.droppedAttributes);
    }
    setLength(linkAt - LENGTH_WIDTH, to - linkAt);
    if (fields.keepAtMost > 0) to = putCount(to, FIELD_ADD_LINKS_LIMIT, fields.keepAtMost);
    setLength(from - LENGTH_WIDTH, to - from);
    return this.#publish(to);
  }

  /** A text of any length. One that no slot takes leaves a part of it to the fields behind it, as the text can be cut. */
  #putLong(at: number, field: number, text: string): number {
    const { limit } = bounds;
    allowLong(at, this.writer);
    bounds.cutting = true;
    const to = putText(at, field, text);
    bounds.limit = to <= limit - BEHIND_NAME ? limit : to + this.#behindLong;
    bounds.cutting = false;
    return to;
  }

  /** As `#putLong`, for a trace state, which is cut between its members alone. */
  #putLongTraceState(at: number, traceState: string): number {
    const whole = putText(at, FIELD_START_TRACE_STATE, traceState);
    if (whole <= bounds.limit) return whole;
    allowLong(at, this.writer);
    const to = putTraceState(at, FIELD_START_TRACE_STATE, traceState);
    bounds.limit = to + this.#behindLong;
    return to;
  }

  /** As many attributes as fit; `#next` is the first that did not. STALE: encode again. */
  #putPairs(at: number, field: number, pairs: Pairs, from: number, count: number): number {
    const { writer } = this;
    let to = at;
    let i = from;
    for (; i < count; i += 2) {
      let attributeAt = to;
      if (field > 15) attributeAt = putTag(to, field, DELIMITED) - 1;
      const tag = field > 15 ? bytes[attributeAt] : tagOf(field, DELIMITED);
      const end = writer.putAttribute(attributeAt, tag, pairs[i] as string, pairs[i + 1]);
      if (end <= 0) {
        if (end === STALE_KEYS) return STALE;
        writer.lost(CONSTANT_RING_SPANS, CONSTANT_DROP_LIMIT);
        continue;
      }
      if (end > bounds.limit) break;
      to = end;
    }
    this.#next = i;
    return to;
  }
}

const UPDATE_ATTRIBUTES = FIELD_UPDATE_ATTRIBUTES;
const EVENT_ATTRIBUTES = FIELD_UPDATE_EVENT_ATTRIBUTES;

/** An end and the attributes before it. */
interface Closing {
  fields: EndFields;
  pairs: Pairs;
  count: number;
}

const closing: Closing = {
  fields: { statusCode: 0, statusMessage: undefined, droppedAttributes: 0, droppedEvents: 0, droppedLinks: 0 },
  pairs: [],
  count: 0,
};

/** The attributes that one record is to hold, from `from` on. */
interface Part {
  field: number;
  pairs: Pairs;
  count: number;
  from: number;
}

const part: Part = { field: 0, pairs: [], count: 0, from: 0 };

/** What an EndSpan has behind its time. */
export function putEndFields(at: number, fields: EndFields): number {
  let to = at;
  if (fields.droppedAttributes > 0) to = putCount(to, FIELD_END_DROPPED_ATTRIBUTES, fields.droppedAttributes);
  if (fields.droppedEvents > 0) to = putCount(to, FIELD_END_DROPPED_EVENTS, fields.droppedEvents);
  if (fields.droppedLinks > 0) to = putCount(to, FIELD_END_DROPPED_LINKS, fields.droppedLinks);
  if (fields.statusCode !== 0) to = putStatus(to, FIELD_END_STATUS, fields);
  return to;
}

/** A Status; its message is cut at the limit. */
export function putStatus(at: number, field: number, fields: StatusFields): number {
  const from = putMessage(at, field);
  let to = from;
  bytes[to] = tagOf(FIELD_STATUS_CODE, VARINT);
  bytes[to + 1] = fields.statusCode;
  to += 2;
  if (fields.statusMessage) {
    bounds.cutting = true;
    to = putText(to, FIELD_STATUS_MESSAGE, fields.statusMessage);
    bounds.cutting = false;
  }
  setLength(from - LENGTH_WIDTH, to - from);
  return to;
}
