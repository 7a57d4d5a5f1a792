// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Reads the spans of an encoded ExportTraceServiceRequest.
import { wireFields } from '../dist/collector/wire.js';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** Fields of the message with this number, as bytes. */
function* messages(bytes, number) {
  for (const field of wireFields(bytes)) if (field.number === number) yield field.value;
}

export function* spansOf(request) {
  for (const resourceSpans of messages(request, 1)) {
    for (const scopeSpans of messages(resourceSpans, 2)) {
      for (const span of messages(scopeSpans, 2)) yield spanOf(span);
    }
  }
}

function spanOf(bytes) {
  const span = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: KINDS[0],
    start: 0n,
    end: 0n,
    attributes: {},
  };
  for (const { number, value } of wireFields(bytes)) {
    if (number === 1) span.traceId = value.toString('hex');
    else if (number === 2) span.spanId = value.toString('hex');
    else if (number === 4) span.parentSpanId = value.toString('hex');
    else if (number === 5) span.name = value.toString();
    else if (number === 6) span.kind = KINDS[value];
    else if (number === 7) span.start = value.readBigUInt64LE();
    else if (number === 8) span.end = value.readBigUInt64LE();
    else if (number === 9) Object.assign(span.attributes, attributeOf(value));
  }
  return span;
}

/** Strings and numbers without a sign; of booleans, true is 1. More is not shown. */
function attributeOf(bytes) {
  let key = '';
  let shown;
  for (const { number, value } of wireFields(bytes)) {
    if (number === 1) key = value.toString();
    else for (const any of wireFields(value)) shown = any.number === 1 ? any.value.toString() : any.value;
  }
  return { [key]: shown };
}
