// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { plainBody } from '../attributes/plain-value.js';
import { textOf } from '../input/text.js';
import type { LogFields } from '../record/log-fields.js';
import { Scope } from '../record/scope.js';
import { recordTime } from '../record/writer.js';
import type { StockProducer } from './producer.js';
import type { StockLogRecord } from './readable-log-record.js';
import { fill, setIdentity, setTime } from './span-writer.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

// Keys and values by turns; one array serves all records, and so do the fields: the encoder is done with them when its call returns.
const pairs: unknown[] = [];
const fields: Mutable<LogFields> = {
  scope: new Scope(),
  severityNumber: 0,
  severityText: undefined,
  eventName: undefined,
  body: undefined,
  attributePairs: pairs,
  attributeCount: 0,
  droppedAttributes: 0,
  hasSpan: false,
  trace0: 0,
  trace1: 0,
  trace2: 0,
  trace3: 0,
  span0: 0,
  span1: 0,
  traceFlags: 0,
  hasTime: true,
  seconds: 0,
  nanos: 0,
  hasObserved: true,
  observedSeconds: 0,
  observedNanos: 0,
  wasCut: false,
};

/** Writes a record of the stock SDK, which has its limits applied and its values copied, but for the body. Returns the commit's answer. */
export function writeLogRecord(producer: StockProducer, record: StockLogRecord): number {
  fields.wasCut = false;
  fields.body = isScalar(record.body) ? record.body : takeBody(record.body);
  fields.scope = producer.scopeOf(record.instrumentationScope);
  fields.severityNumber = record.severityNumber ?? 0;
  fields.severityText = record.severityText && textOf(record.severityText);
  fields.eventName = record.eventName && textOf(record.eventName);
  const context = record.spanContext;
  fields.hasSpan = context !== undefined;
  if (context !== undefined) {
    setIdentity(fields, context.traceId, context.spanId);
    fields.traceFlags = context.traceFlags & 0xff;
  }
  const { hrTime, hrTimeObserved } = record;
  setTime(hrTime);
  fields.seconds = recordTime.seconds;
  fields.nanos = recordTime.nanos;
  // Nearly always the same.
  if (hrTimeObserved[0] !== hrTime[0] || hrTimeObserved[1] !== hrTime[1]) setTime(hrTimeObserved);
  fields.observedSeconds = recordTime.seconds;
  fields.observedNanos = recordTime.nanos;
  fields.droppedAttributes = record.droppedAttributesCount;
  fields.attributeCount = fill(pairs, record.attributes);
  const status = producer.logs.commit(fields);
  fields.body = undefined;
  return status;
}

function isScalar(body: unknown): boolean {
  return typeof body !== 'object' && typeof body !== 'bigint' && typeof body !== 'function';
}

/** The SDK hands the user's own object over; its getters must not run while a record is encoded. */
function takeBody(body: unknown): unknown {
  const { value, wasCut } = plainBody(body);
  fields.wasCut = wasCut;
  return value;
}
