// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  EXEMPLARS_ATTRIBUTES,
  EXEMPLARS_SLOT_LENGTH,
  SCRATCH_RECORD,
  SCRATCH_RECORD_LENGTH,
} from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import * as anyValue from '../record/any-value.js';
import * as wire from '../record/wire.js';
import { EXEMPLAR_ATTRIBUTES } from './cells.js';
import type { KeyFilter } from './view.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { bounds, putString, SHORT_STRING, SLACK } = wire;
const { putAnyValue, putKeyValue } = anyValue;

const { bytes } = threadScratch;
const { hasOwnProperty: hasOwn } = Object.prototype;

const MEMBER_TAG = (1 << 3) | 2;
const KEY_TAG = (1 << 3) | 2;
const VALUE_TAG = (2 << 3) | 2;
const LONGEST_SMALL = 0x7f;

/** The keys of one object; one array serves all. */
const keys: string[] = [];

/**
 * Encodes attributes at the start of the scratch buffer's record, as fields 1 of OTLP KeyValues in the order of their keys: equal
 * sets are equal bytes, however the object was made. What a view takes away is left out. Values are cut where a set exceeds 127 KiB.
 *
 * @returns the number of bytes.
 */
export function encodeAttributeSet(attributes: object, keeps: KeyFilter | undefined): number {
  sortKeys(attributes, keeps);
  bounds.limit = SCRATCH_RECORD + SCRATCH_RECORD_LENGTH - SLACK;
  bounds.cutting = true;
  let to = SCRATCH_RECORD;
  for (let i = 0; i < keys.length; i++) {
    const end = putMember(to, keys[i], (attributes as Record<string, unknown>)[keys[i]]);
    if (end > bounds.limit) break;
    to = end;
  }
  bounds.cutting = false;
  return to - SCRATCH_RECORD;
}

/** Bytes of attributes that an exemplar has room for. */
const EXEMPLAR_ROOM = EXEMPLARS_SLOT_LENGTH - EXEMPLARS_ATTRIBUTES;

/**
 * Encodes what a measurement's attributes have and those of its series do not: an exemplar's filtered attributes, at
 * EXEMPLAR_ATTRIBUTES. What has no room is left out.
 *
 * @returns the number of bytes.
 */
export function encodeDropped(given: object, kept: object, keeps: KeyFilter | undefined): number {
  if (given === kept && keeps === undefined) return 0;
  const limit = EXEMPLAR_ATTRIBUTES + EXEMPLAR_ROOM;
  let to = EXEMPLAR_ATTRIBUTES;
  for (const key in given) {
    if (!hasOwn.call(given, key)) continue;
    const value = (given as Record<string, unknown>)[key];
    if ((keeps?.(key) ?? true) && Object.hasOwn(kept, key) && (kept as Record<string, unknown>)[key] === value)
      continue;
    bounds.limit = limit;
    bounds.cutting = false;
    const end = putMember(to, key, value);
    if (end <= limit) to = end;
  }
  return to - EXEMPLAR_ATTRIBUTES;
}

/** There are few, so that this is faster than what sorts any number, and makes nothing. */
function sortKeys(attributes: object, keeps: KeyFilter | undefined): void {
  keys.length = 0;
  for (const key in attributes) {
    if (!hasOwn.call(attributes, key)) continue;
    if (keeps !== undefined && !keeps(key)) continue;
    let at = keys.length;
    while (at > 0 && keys[at - 1] > key) at--;
    if (at === keys.length) keys.push(key);
    else keys.splice(at, 0, key);
  }
}

/** A KeyValue; lengths take one byte each where that is enough. */
function putMember(at: number, key: string, value: unknown): number {
  if (key.length > SHORT_STRING || !isSmall(value)) return putKeyValue(at, MEMBER_TAG, key, value);
  const valueAt = putString(at + 2, KEY_TAG, key);
  bytes[valueAt] = VALUE_TAG;
  const end = putAnyValue(valueAt + 2, value, undefined, 0);
  // Only what is not ASCII can be longer.
  if (end - at - 2 > LONGEST_SMALL) return putKeyValue(at, MEMBER_TAG, key, value);
  bytes[valueAt + 1] = end - valueAt - 2;
  bytes[at] = MEMBER_TAG;
  bytes[at + 1] = end - at - 2;
  return end;
}

function isSmall(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= SHORT_STRING : typeof value !== 'object' || value === null;
}
