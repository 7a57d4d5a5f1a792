// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as layout from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import type { Scope } from './scope.js';
import type { RecordedSpan } from './span-fields.js';
import type { SpanIdentity } from './span-identity.js';
import * as wire from './wire.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { bounds, DELIMITED, LENGTH_WIDTH, putString, putVarint, VARINT } = wire;
const { FIELD_SPAN_EVENT_SCOPE_REF, FIELD_SPAN_EVENT_SPAN_ID, FIELD_SPAN_EVENT_TRACE_ID } = layout;

// A constant of this module, so that the optimising compiler knows its address.
const { bytes, view } = threadScratch;

const TRACE_ID_LENGTH = 18;
const IDS_LENGTH = TRACE_ID_LENGTH + 10;

/** The tag of a field below 16: one byte. */
export function tagOf(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

/** The tag of any field. */
export function putTag(at: number, field: number, wireType: number): number {
  return putVarint(at, (field << 3) | wireType);
}

/** The tag of a message field below 16 and room for its length (`setLength`). Returns where its content starts. */
export function putMessage(at: number, field: number): number {
  return putTag(at, field, DELIMITED) + LENGTH_WIDTH;
}

/** A string field of any number. */
export function putText(at: number, field: number, text: string): number {
  const to = putTag(at, field, DELIMITED);
  return putString(to - 1, bytes[to - 1], text);
}

/** A field of small unsigned integers, of any number. */
export function putCount(at: number, field: number, count: number): number {
  return putVarint(putTag(at, field, VARINT), count);
}

/** A trace state, or as many of its leading members as fit: a member is never cut (W3C Trace Context, 3.3.1.5). */
export function putTraceState(at: number, field: number, traceState: string): number {
  let text = traceState;
  while (text !== '') {
    const to = putText(at, field, text);
    if (to <= bounds.limit) return to;
    bounds.wasCut = true;
    text = text.slice(0, Math.max(text.lastIndexOf(','), 0));
  }
  return at;
}

export function putTraceId(at: number, field: number, ids: SpanIdentity): number {
  bytes[at] = tagOf(field, DELIMITED);
  bytes[at + 1] = 16;
  view.setInt32(at + 2, ids.trace0);
  view.setInt32(at + 6, ids.trace1);
  view.setInt32(at + 10, ids.trace2);
  view.setInt32(at + 14, ids.trace3);
  return at + 18;
}

export function putSpanId(at: number, field: number, span0: number, span1: number): number {
  bytes[at] = tagOf(field, DELIMITED);
  bytes[at + 1] = 8;
  view.setInt32(at + 2, span0);
  view.setInt32(at + 6, span1);
  return at + 10;
}

/** What every span record begins with. Known readers look for the scope in each, not only in the start. */
export function putSpanHeader(at: number, span: RecordedSpan): number {
  const { scope } = span;
  putTraceId(at, FIELD_SPAN_EVENT_TRACE_ID, span);
  putSpanId(at + TRACE_ID_LENGTH, FIELD_SPAN_EVENT_SPAN_ID, span.span0, span.span1);
  // The scope's field as it was encoded once: a whole word at a time, of which only its length counts.
  view.setInt32(at + IDS_LENGTH, scope.fieldWord0, true);
  view.setInt32(at + IDS_LENGTH + 4, scope.fieldWord1, true);
  return at + IDS_LENGTH + scope.fieldLength;
}

/** Bytes of the header. */
export function spanHeaderLength(span: RecordedSpan): number {
  return IDS_LENGTH + span.scope.fieldLength;
}

/** Has the scope remember its field (SPAN_EVENT_SCOPE_REF): two bytes of tag, and a reference of at most five. */
export function encodeScopeField(scope: Scope, at: number): void {
  scope.fieldLength = putVarint(putTag(at, FIELD_SPAN_EVENT_SCOPE_REF, VARINT), scope.reference) - at;
  scope.fieldWord0 = view.getInt32(at, true);
  scope.fieldWord1 = view.getInt32(at + 4, true);
}
