// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Counts what a sink received, from the bytes alone: field numbers are those of opentelemetry/proto/trace/v1/trace.proto,
// logs/v1/logs.proto and metrics/v1/metrics.proto. A
// decoder that makes objects would take a core of its own at the rates measured here.

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const RESOURCE_SPANS = 1;
const SCOPE_SPANS = 2;
const SPANS = 2;
const RESOURCE_LOGS = 1;
const SCOPE_LOGS = 2;
const LOG_RECORDS = 2;
const LOG_ATTRIBUTES = 6;
const RESOURCE_METRICS = 1;
const SCOPE_METRICS = 2;
const METRICS = 2;
const SUM = 7;
const DATA_POINTS = 1;
const SPAN_PARENT_SPAN_ID = 4;
const SPAN_ATTRIBUTES = 9;

/** Adds the spans of an ExportTraceServiceRequest to `counts`: { spans, roots, attributes }. */
export function countSpans(request, counts) {
  const cursor = { bytes: request, at: 0 };
  eachField(cursor, request.length, RESOURCE_SPANS, (end) =>
    eachField(cursor, end, SCOPE_SPANS, (end) =>
      eachField(cursor, end, SPANS, (end) => countSpan(cursor, end, counts)),
    ),
  );
}

/** Adds the log records of an ExportLogsServiceRequest to `counts`: { records, attributes }. */
export function countRecords(request, counts) {
  const cursor = { bytes: request, at: 0 };
  eachField(cursor, request.length, RESOURCE_LOGS, (end) =>
    eachField(cursor, end, SCOPE_LOGS, (end) =>
      eachField(cursor, end, LOG_RECORDS, (end) => {
        counts.records++;
        eachField(cursor, end, LOG_ATTRIBUTES, (end) => {
          counts.attributes++;
          cursor.at = end;
        });
      }),
    ),
  );
}

/** Adds the points of sums of an ExportMetricsServiceRequest to `counts`: { points }. */
export function countPoints(request, counts) {
  const cursor = { bytes: request, at: 0 };
  eachField(cursor, request.length, RESOURCE_METRICS, (end) =>
    eachField(cursor, end, SCOPE_METRICS, (end) =>
      eachField(cursor, end, METRICS, (end) =>
        eachField(cursor, end, SUM, (end) =>
          eachField(cursor, end, DATA_POINTS, (end) => {
            counts.points++;
            cursor.at = end;
          }),
        ),
      ),
    ),
  );
}

function countSpan(cursor, end, counts) {
  counts.spans++;
  let parents = 0;
  while (cursor.at < end) {
    const tag = varint(cursor);
    const length = skipTo(cursor, tag & 7);
    const field = tag >>> 3;
    if (field === SPAN_ATTRIBUTES) counts.attributes++;
    else if (field === SPAN_PARENT_SPAN_ID && length > 0) parents++;
  }
  if (parents === 0) counts.roots++;
}

/** Calls `visit` with the end of each field `wanted`; it leaves the cursor there. */
function eachField(cursor, end, wanted, visit) {
  while (cursor.at < end) {
    const tag = varint(cursor);
    if (tag === ((wanted << 3) | LENGTH_DELIMITED)) {
      const length = varint(cursor);
      visit(cursor.at + length);
    } else {
      skipTo(cursor, tag & 7);
    }
  }
  if (cursor.at !== end) throw new Error(`a message of the request ends at ${cursor.at}, its length says ${end}`);
}

/** Moves past a field's value; the length of a length-delimited one. */
function skipTo(cursor, wireType) {
  switch (wireType) {
    case VARINT:
      while (cursor.bytes[cursor.at++] >= 128);
      return 0;
    case FIXED64:
      cursor.at += 8;
      return 0;
    case LENGTH_DELIMITED: {
      const length = varint(cursor);
      cursor.at += length;
      return length;
    }
    case FIXED32:
      cursor.at += 4;
      return 0;
    default:
      throw new Error(`the request holds wire type ${wireType} at ${cursor.at}`);
  }
}

/** Lengths and tags of a request fit 32 bits. */
function varint(cursor) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = cursor.bytes[cursor.at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return value >>> 0;
  }
}
