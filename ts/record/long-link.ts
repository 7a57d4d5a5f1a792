// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as layout from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import * as anyValue from './any-value.js';
import * as longValues from './long-values.js';
import type { LinkFields } from './span-fields.js';
import * as message from './span-message.js';
import * as wire from './wire.js';
import type { Writer } from './writer.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { DELIMITED, FIXED32, putFixed32 } = wire;
const { STALE_KEYS } = anyValue;
const { allowLong, left, putLongAttributes } = longValues;
const { putCount, putSpanId, putTraceId, putTraceState, tagOf } = message;
const {
  CONSTANT_RING_SPANS,
  FIELD_LINK_ATTRIBUTES,
  FIELD_LINK_DROPPED_ATTRIBUTES,
  FIELD_LINK_FLAGS,
  FIELD_LINK_SPAN_ID,
  FIELD_LINK_TRACE_ID,
  FIELD_LINK_TRACE_STATE,
} = layout;

const { bytes } = threadScratch;

const ATTRIBUTE_TAG = tagOf(FIELD_LINK_ATTRIBUTES, DELIMITED);

/** What every link begins with. */
export function putLinkIds(at: number, fields: LinkFields): number {
  let to = putTraceId(at, FIELD_LINK_TRACE_ID, fields);
  to = putSpanId(to, FIELD_LINK_SPAN_ID, fields.span0, fields.span1);
  bytes[to] = tagOf(FIELD_LINK_FLAGS, FIXED32);
  return putFixed32(to + 1, fields.flags);
}

/**
 * A link that no slot takes. It has one record, so everything stands in that: each value is cut at the limit of values alone. In the
 * slot, what comes last is cut first: readers of version 1 see the attributes before the trace state.
 * @param counted attributes before this element have been counted if there is no reference for their key.
 * @returns where it ends, or STALE_KEYS.
 */
export function putLongLink(at: number, fields: LinkFields, writer: Writer, counted: number): number {
  const { attributePairs: pairs, attributeCount: count, droppedAttributes, traceState } = fields;
  let to = putLinkIds(at, fields);
  if (droppedAttributes > 0) to = putCount(to, FIELD_LINK_DROPPED_ATTRIBUTES, droppedAttributes);
  to = putLongAttributes(to, ATTRIBUTE_TAG, CONSTANT_RING_SPANS, pairs, count, writer, counted);
  if (to === STALE_KEYS) return STALE_KEYS;
  if (left.out > 0) to = putCount(to, FIELD_LINK_DROPPED_ATTRIBUTES, droppedAttributes + left.out);
  if (!traceState) return to;
  allowLong(to, writer);
  return putTraceState(to, FIELD_LINK_TRACE_STATE, traceState);
}
