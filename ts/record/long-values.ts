// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as layout from '../native/layout.js';
import * as anyValue from './any-value.js';
import type { Pairs } from './span-fields.js';
import * as wire from './wire.js';
import type { Writer } from './writer.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { bounds, SLACK } = wire;
const { putAttribute, STALE_KEYS } = anyValue;
const { CONSTANT_DROP_LIMIT, SCRATCH_RECORD, SCRATCH_RECORD_LENGTH } = layout;

/** Bytes of a value beside a text: key, tags and lengths, at most. */
const BESIDE_TEXT = 32;
/** Counts and limits behind the last value, at most. */
const BEHIND = 16;
/** Where the last value of the longest record ends. */
const LONGEST = SCRATCH_RECORD + SCRATCH_RECORD_LENGTH - SLACK - BEHIND;

/** What {@link putLongAttributes} left out for want of room. */
export const left = { out: 0 };

/** Room for a value that no slot takes, from `at` on: what exceeds the limit of values is cut there. */
export function allowLong(at: number, writer: Writer): void {
  bounds.limit = Math.min(at + writer.valueLimit + BESIDE_TEXT, LONGEST);
}

/**
 * All attributes of something that no slot takes and that has one record: each value is cut at the limit of values alone.
 * @param counted attributes before this element have been counted if there is no reference for their key.
 * @returns where they end, or STALE_KEYS.
 */
export function putLongAttributes(
  at: number,
  tag: number,
  ring: number,
  pairs: Pairs,
  count: number,
  writer: Writer,
  counted: number,
): number {
  left.out = 0;
  bounds.cutting = true;
  let to = at;
  for (let i = 0; i < count; i += 2) {
    const reference = writer.keyReference(pairs[i] as string);
    if (reference === STALE_KEYS) return STALE_KEYS;
    if (reference <= 0) {
      if (i >= counted) writer.lost(ring, CONSTANT_DROP_LIMIT);
      continue;
    }
    allowLong(to, writer);
    const end = putAttribute(to, tag, reference, pairs[i + 1], writer);
    if (end <= LONGEST) {
      to = end;
    } else {
      left.out++;
      bounds.wasCut = true;
    }
  }
  bounds.cutting = false;
  return to;
}
