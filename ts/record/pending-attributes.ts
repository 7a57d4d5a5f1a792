// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as layout from '../native/layout.js';
import { type PendingOwner, threadScratch } from '../native/scratch.js';
import type { EndFields, Pairs, RecordedSpan, StatusFields } from './span-fields.js';
import * as message from './span-message.js';
import { END_ROOM, putEndFields, putStatus, type SpanRecords } from './span-records.js';
import * as wire from './wire.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { bounds, DELIMITED, FIXED64, LENGTH_WIDTH, setLength } = wire;
const { putMessage, putSpanHeader, putTag, spanHeaderLength, tagOf } = message;
const {
  COMMIT_PUBLISHED,
  COMMIT_STALE,
  CONSTANT_RING_SPANS,
  FIELD_END_TIME,
  FIELD_END_UPDATE,
  FIELD_SPAN_EVENT_ATTRIBUTES,
  FIELD_SPAN_EVENT_END,
  FIELD_UPDATE_ATTRIBUTES,
  FIELD_UPDATE_STATUS,
  SCRATCH_PENDING,
} = layout;

/** A span that is open, with everything that it has: what is pending can be encoded again from there. */
export interface OpenSpan extends RecordedSpan {
  readonly attributePairs: Pairs;
  readonly attributeCount: number;
}

const { bytes } = threadScratch;

const ATTRIBUTE_TAG = tagOf(FIELD_UPDATE_ATTRIBUTES, DELIMITED);
/** Where the attributes begin. What stands before them, header included, is written when the record is committed. */
const FROM = SCRATCH_PENDING + 64;
/** Between header and attributes: tag and length of an UpdateAttributes. */
const UPDATE_HEAD = 1 + LENGTH_WIDTH;
/** The same, and around it an EndSpan with its time. */
const END_HEAD = 1 + LENGTH_WIDTH + 1 + 8 + 2 + LENGTH_WIDTH;
/** Below this much room a status gets a record of its own. */
const STATUS_ROOM = 16;
const settled = Promise.resolve();

/**
 * Attributes set on an open span, gathered in the scratch buffer until one record takes them all: when another span's
 * attributes come, when the span has another record to commit, or at the end of the turn, whichever is first.
 */
class PendingAttributes implements PendingOwner {
  #span: OpenSpan | undefined;
  #records: SpanRecords | undefined;
  /** Where the next attribute goes, and where the record must end, whichever it will be. */
  #at = 0;
  #limit = 0;
  #epoch = 0;
  #awaitsEndOfTurn = false;
  #listensForExit = false;
  readonly #onEndOfTurn = () => {
    this.#awaitsEndOfTurn = false;
    this.flush();
  };

  /** Takes one attribute that the span has stored already. */
  add(records: SpanRecords, span: OpenSpan, key: string, value: unknown): void {
    if (this.#span !== span && !this.#begin(records, span)) return;
    const { writer } = records;
    bounds.limit = this.#limit;
    bounds.cutting = false;
    const end = writer.putAttribute(this.#at, ATTRIBUTE_TAG, key, value);
    if (end > 0 && end <= this.#limit) {
      this.#at = end;
      return;
    }
    // No room, or no reference: what there is goes first, then this one, in a record of its own that sees to the rest.
    this.flush();
    records.attributes(span, [key, value], 2);
  }

  /** Commits the status, together with what is pending of the same span. */
  addStatus(records: SpanRecords, span: OpenSpan, fields: StatusFields): void {
    if (this.#span === span && this.#limit - this.#at > STATUS_ROOM + 3 * (fields.statusMessage?.length ?? 0)) {
      bounds.limit = this.#limit;
      this.#at = putStatus(this.#at, FIELD_UPDATE_STATUS, fields);
      // Stale: the attributes have been sent again, the status has not.
      if (this.#commit() !== COMMIT_STALE) return;
    } else if (this.#span === span) {
      this.flush();
    }
    records.status(span, fields);
  }

  /** Commits the span's end, at `recordTime`, and with it what is pending of the span: in one record if they may share one. */
  end(records: SpanRecords, span: OpenSpan, fields: EndFields): void {
    const { writer } = records;
    if (this.#span !== span) {
      records.end(span, fields);
      return;
    }
    const room = this.#limit - this.#at - 3 * (fields.statusMessage?.length ?? 0);
    if (!writer.sharesRecords || writer.epoch !== this.#epoch || room < END_ROOM) {
      this.#commit();
      records.end(span, fields);
      return;
    }
    const start = FROM - END_HEAD - spanHeaderLength(span);
    const endAt = putMessage(putSpanHeader(start, span), FIELD_SPAN_EVENT_END);
    bytes[endAt] = tagOf(FIELD_END_TIME, FIXED64);
    putTag(endAt + 9, FIELD_END_UPDATE, DELIMITED);
    setLength(FROM - LENGTH_WIDTH, this.#at - FROM);
    bounds.limit = this.#limit;
    const to = putEndFields(this.#at, fields);
    setLength(endAt - LENGTH_WIDTH, to - endAt);
    this.#forget();
    const status = writer.commitTimed(CONSTANT_RING_SPANS, start, to - start, endAt + 1);
    if (status === COMMIT_STALE) {
      this.#again(records, span);
      records.end(span, fields);
    } else if (status !== COMMIT_PUBLISHED) {
      writer.settle(CONSTANT_RING_SPANS, status);
    }
  }

  /** Commits what is pending of this span. */
  flushOf(span: OpenSpan): void {
    if (this.#span === span) this.#commit();
  }

  /** Commits what is pending. */
  flush(): void {
    if (this.#span !== undefined) this.#commit();
  }

  #begin(records: SpanRecords, span: OpenSpan): boolean {
    threadScratch.pendingOwner?.flush();
    const { writer } = records;
    const status = writer.resolve(span.scope);
    if (status !== COMMIT_PUBLISHED) {
      writer.abandon(CONSTANT_RING_SPANS, status);
      return false;
    }
    this.#span = span;
    this.#records = records;
    this.#epoch = writer.epoch;
    this.#limit = FROM - END_HEAD - spanHeaderLength(span) + records.capacity;
    this.#at = FROM;
    threadScratch.pendingOwner = this;
    if (!this.#awaitsEndOfTurn) {
      this.#awaitsEndOfTurn = true;
      settled.then(this.#onEndOfTurn);
    }
    if (!this.#listensForExit) {
      // An exit in the middle of a turn: process.exit(), or an uncaught error.
      this.#listensForExit = true;
      process.once('exit', () => this.flush());
    }
    return true;
  }

  #commit(): number {
    const span = this.#span!;
    const records = this.#records!;
    this.#forget();
    if (this.#at === FROM) return COMMIT_PUBLISHED;
    const { writer } = records;
    const start = FROM - UPDATE_HEAD - spanHeaderLength(span);
    setLength(putMessage(putSpanHeader(start, span), FIELD_SPAN_EVENT_ATTRIBUTES) - LENGTH_WIDTH, this.#at - FROM);
    const status = writer.commit(CONSTANT_RING_SPANS, start, this.#at - start, this.#epoch);
    if (status === COMMIT_STALE) {
      this.#again(records, span);
    } else if (status !== COMMIT_PUBLISHED) {
      writer.settle(CONSTANT_RING_SPANS, status);
    }
    return status;
  }

  #forget(): void {
    this.#span = undefined;
    this.#records = undefined;
    threadScratch.pendingOwner = undefined;
  }

  /** The file has rolled over: its successor gets all attributes anew, which changes nothing for a reader. */
  #again(records: SpanRecords, span: OpenSpan): void {
    const { writer } = records;
    if (writer.epoch === this.#epoch) writer.refresh();
    records.attributes(span, span.attributePairs, span.attributeCount);
  }
}

/** The one of this thread (of this copy of the package). */
export const pendingAttributes = new PendingAttributes();
