// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as layout from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import * as anyValue from './any-value.js';
import type { LinkFields } from './span-fields.js';
import * as message from './span-message.js';
import * as wire from './wire.js';
import type { Writer } from './writer.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { bounds, putFixed32, SLACK } = wire;
const { putAttribute, STALE_KEYS } = anyValue;
const { putCount, putSpanId, putTraceId, putTraceState, tagOf } = message;
const {
  CONSTANT_DROP_LIMIT,
  CONSTANT_RING_SPANS,
  FIELD_LINK_ATTRIBUTES,
  FIELD_LINK_DROPPED_ATTRIBUTES,
  FIELD_LINK_FLAGS,
  FIELD_LINK_SPAN_ID,
  FIELD_LINK_TRACE_ID,
  FIELD_LINK_TRACE_STATE,
  SCRATCH_RECORD,
  SCRATCH_RECORD_LENGTH,
} = layout;

const { bytes } = threadScratch;

const FIXED32 = 5;
const ATTRIBUTE_TAG = tagOf(FIELD_LINK_ATTRIBUTES, 2);
/** Bytes of a value beside a text: key, tags and lengths, at most. */
const BESIDE_TEXT = 32;
/** Dropped count and limit behind the link, at most. */
const BEHIND = 16;
/** Where the longest link ends. */
const LONGEST = SCRATCH_RECORD + SCRATCH_RECORD_LENGTH - SLACK - BEHIND;

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
  let dropped = droppedAttributes;
  bounds.cutting = true;
  for (let i = 0; i < count; i += 2) {
    const reference = writer.keyReference(pairs[i] as string);
    if (reference === STALE_KEYS) return STALE_KEYS;
    if (reference <= 0) {
      if (i >= counted) writer.lost(CONSTANT_RING_SPANS, CONSTANT_DROP_LIMIT);
      continue;
    }
    allowLong(to, writer);
    const end = putAttribute(to, ATTRIBUTE_TAG, reference, pairs[i + 1], writer);
    if (end <= LONGEST) {
      to = end;
    } else {
      dropped++;
      bounds.wasCut = true;
    }
  }
  bounds.cutting = false;
  if (dropped > droppedAttributes) to = putCount(to, FIELD_LINK_DROPPED_ATTRIBUTES, dropped);
  if (!traceState) return to;
  allowLong(to, writer);
  return putTraceState(to, FIELD_LINK_TRACE_STATE, traceState);
}

/** Room for a value that no slot takes, from `at` on. */
function allowLong(at: number, writer: Writer): void {
  bounds.limit = Math.min(at + writer.valueLimit + BESIDE_TEXT, LONGEST);
}
