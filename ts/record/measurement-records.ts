// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { SpanContext } from '@opentelemetry/api';
import * as layout from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import * as anyValue from './any-value.js';
import type { Scope } from './scope.js';
import { parseIdentity, parseWord } from './span-identity.js';
import * as message from './span-message.js';
import * as wire from './wire.js';
import { ATTEMPTS, useClock, type Writer } from './writer.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const {
  bounds,
  DELIMITED,
  FIXED32,
  FIXED64,
  LENGTH_WIDTH,
  putDouble,
  putFixed32,
  putInt64,
  putVarint,
  setLength,
  VARINT,
} = wire;
const { putAttribute, STALE_KEYS } = anyValue;
const { putMessage, putSpanId, putText, putTraceId, tagOf } = message;
const {
  COMMIT_DISK,
  COMMIT_PUBLISHED,
  COMMIT_STALE,
  CONSTANT_RING_MEASUREMENTS,
  FIELD_CONTEXT_FLAGS,
  FIELD_CONTEXT_SPAN_ID,
  FIELD_CONTEXT_TRACE_ID,
  FIELD_MEASUREMENT_AS_DOUBLE,
  FIELD_MEASUREMENT_AS_LONG,
  FIELD_MEASUREMENT_ATTRIBUTES,
  FIELD_MEASUREMENT_METRIC_REF,
  FIELD_MEASUREMENT_SPAN_CONTEXT,
  FIELD_MEASUREMENT_TIME,
  FIELD_METRIC_DESCRIPTION,
  FIELD_METRIC_EXP_HISTOGRAM,
  FIELD_METRIC_GAUGE,
  FIELD_METRIC_HISTOGRAM,
  FIELD_METRIC_NAME,
  FIELD_METRIC_SCOPE_REF,
  FIELD_METRIC_SUM,
  FIELD_METRIC_UNIT,
  SCRATCH_RECORD,
  SCRATCH_RECORD_LENGTH,
} = layout;

const { bytes } = threadScratch;

const CUMULATIVE = 2;
/** What stands behind the attributes at the most: time, value, span context. */
const BEHIND_ATTRIBUTES = 64;
const STALE = -1;

/** What a MetricRef says of a metric. */
export interface MirroredMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly isInteger: boolean;
  readonly data:
    | { readonly kind: 'gauge' }
    | { readonly kind: 'sum'; readonly monotonic: boolean }
    | { readonly kind: 'histogram'; readonly boundaries: readonly number[] }
    | { readonly kind: 'exponential'; readonly maxSize: number };
}

/** Scale with which exponential histograms start. */
const MAX_SCALE = 20;

/**
 * Writes single measurements into the ring that version 1 has for them. Only in single-file mode, beside the metric's cells: readers of
 * version 1 know nothing else, and readers that know cells do not look here.
 */
export class MeasurementRecords {
  readonly #writer: Writer;
  readonly #scope: Scope;
  readonly #metric: MirroredMetric;
  readonly #keeps: ((key: string) => boolean) | undefined;
  readonly #capacity: number;
  #reference = 0;
  #epoch = -1;

  /** @param keeps Which attribute keys are recorded; undefined: all. */
  constructor(writer: Writer, scope: Scope, metric: MirroredMetric, keeps?: (key: string) => boolean) {
    this.#writer = writer;
    this.#scope = scope;
    this.#metric = metric;
    this.#keeps = keeps;
    this.#capacity = writer.capacity(CONSTANT_RING_MEASUREMENTS);
  }

  /** Commits a measurement of now. What cannot be recorded is counted and told. */
  write(value: number, attributes: object, span: SpanContext | undefined): void {
    const writer = this.#writer;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      let status = this.#resolve();
      if (status === COMMIT_PUBLISHED) {
        status = this.#tryWrite(value, attributes, span);
        if (status !== COMMIT_STALE) {
          writer.settle(CONSTANT_RING_MEASUREMENTS, status);
          return;
        }
      } else if (status !== COMMIT_STALE) {
        writer.abandon(CONSTANT_RING_MEASUREMENTS, status);
        return;
      }
      writer.refresh();
    }
    writer.abandon(CONSTANT_RING_MEASUREMENTS, COMMIT_STALE);
  }

  /** Sees to it that the metric's reference is of the current epoch. */
  #resolve(): number {
    const writer = this.#writer;
    const status = writer.resolve(this.#scope);
    if (status !== COMMIT_PUBLISHED || this.#epoch === writer.epoch) return status;
    const reference = writer.binding.internMetric(writer.handle, writer.epoch, this.#encodeMetric());
    if (reference <= 0) return -reference || COMMIT_DISK;
    this.#reference = reference;
    this.#epoch = writer.epoch;
    return COMMIT_PUBLISHED;
  }

  #encodeMetric(): Uint8Array {
    const { name, description, unit, data } = this.#metric;
    bounds.limit = SCRATCH_RECORD + SCRATCH_RECORD_LENGTH / 2;
    bounds.cutting = true;
    let to = putText(SCRATCH_RECORD, FIELD_METRIC_NAME, name);
    to = putText(to, FIELD_METRIC_DESCRIPTION, description);
    to = putText(to, FIELD_METRIC_UNIT, unit);
    bounds.cutting = false;
    bytes[to] = tagOf(FIELD_METRIC_SCOPE_REF, VARINT);
    const dataAt = putVarint(to + 1, this.#scope.reference);
    const from = putMessage(dataAt, fieldOf(data.kind));
    to = putData(from, data);
    setLength(from - LENGTH_WIDTH, to - from);
    return Uint8Array.prototype.slice.call(bytes, SCRATCH_RECORD, to);
  }

  #tryWrite(value: number, attributes: object, span: SpanContext | undefined): number {
    const writer = this.#writer;
    bytes[SCRATCH_RECORD] = tagOf(FIELD_MEASUREMENT_METRIC_REF, VARINT);
    bounds.limit = SCRATCH_RECORD + this.#capacity - BEHIND_ATTRIBUTES;
    bounds.cutting = true;
    bounds.wasCut = false;
    let to = this.#putAttributes(putVarint(SCRATCH_RECORD + 1, this.#reference), attributes);
    bounds.cutting = false;
    if (to === STALE) return COMMIT_STALE;
    bytes[to] = tagOf(FIELD_MEASUREMENT_TIME, FIXED64);
    const timeAt = to + 1;
    to = putValue(timeAt + 8, value, this.#metric.isInteger);
    if (span !== undefined) to = putContext(to, span);
    useClock(-1, 0, 0);
    return writer.commitTimed(CONSTANT_RING_MEASUREMENTS, SCRATCH_RECORD, to - SCRATCH_RECORD, timeAt);
  }

  #putAttributes(at: number, attributes: object): number {
    const writer = this.#writer;
    const keeps = this.#keeps;
    let to = at;
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key) || (keeps !== undefined && !keeps(key))) continue;
      const reference = writer.keyReference(key);
      if (reference === STALE_KEYS) return STALE;
      const value = (attributes as Record<string, unknown>)[key];
      const end =
        reference > 0
          ? putAttribute(to, tagOf(FIELD_MEASUREMENT_ATTRIBUTES, DELIMITED), reference, value, writer)
          : bounds.limit + 1;
      if (end <= bounds.limit) to = end;
      else bounds.wasCut = true;
    }
    return to;
  }
}

function fieldOf(kind: MirroredMetric['data']['kind']): number {
  switch (kind) {
    case 'gauge':
      return FIELD_METRIC_GAUGE;
    case 'sum':
      return FIELD_METRIC_SUM;
    case 'histogram':
      return FIELD_METRIC_HISTOGRAM;
    case 'exponential':
      return FIELD_METRIC_EXP_HISTOGRAM;
  }
}

/** The fields of the one-of's message; they have no names in the layout table, since each has its own. */
function putData(at: number, data: MirroredMetric['data']): number {
  switch (data.kind) {
    case 'gauge':
      return at;
    case 'sum':
      bytes[at] = tagOf(2, VARINT);
      bytes[at + 1] = CUMULATIVE;
      bytes[at + 2] = tagOf(3, VARINT);
      bytes[at + 3] = data.monotonic ? 1 : 0;
      return at + 4;
    case 'histogram': {
      bytes[at] = tagOf(1, VARINT);
      bytes[at + 1] = CUMULATIVE;
      const from = putMessage(at + 2, 2);
      let to = from;
      for (const bound of data.boundaries) to = putDouble(to, bound);
      setLength(from - LENGTH_WIDTH, to - from);
      return to;
    }
    case 'exponential': {
      bytes[at] = tagOf(1, VARINT);
      bytes[at + 1] = CUMULATIVE;
      bytes[at + 2] = tagOf(2, VARINT);
      const to = putVarint(at + 3, data.maxSize);
      bytes[to] = tagOf(3, VARINT);
      return putVarint(to + 1, MAX_SCALE);
    }
  }
}

function putValue(at: number, value: number, isInteger: boolean): number {
  if (isInteger && Number.isSafeInteger(value)) {
    bytes[at] = tagOf(FIELD_MEASUREMENT_AS_LONG, VARINT);
    return putInt64(at + 1, value);
  }
  bytes[at] = tagOf(FIELD_MEASUREMENT_AS_DOUBLE, FIXED64);
  return putDouble(at + 1, value);
}

function putContext(at: number, span: SpanContext): number {
  const from = putMessage(at, FIELD_MEASUREMENT_SPAN_CONTEXT);
  let to = putSpanId(from, FIELD_CONTEXT_SPAN_ID, parseWord(span.spanId, 0), parseWord(span.spanId, 8));
  to = putTraceId(to, FIELD_CONTEXT_TRACE_ID, parseIdentity(span.traceId, span.spanId));
  bytes[to] = tagOf(FIELD_CONTEXT_FLAGS, FIXED32);
  to = putFixed32(to + 1, span.traceFlags);
  setLength(from - LENGTH_WIDTH, to - from);
  return to;
}
