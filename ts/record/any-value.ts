// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  FIELD_ANY_ARRAY,
  FIELD_ANY_BOOL,
  FIELD_ANY_BYTES,
  FIELD_ANY_DOUBLE,
  FIELD_ANY_INT,
  FIELD_ANY_KVLIST,
  FIELD_ANY_STRING,
  FIELD_ARRAY_VALUES,
  FIELD_KEY_VALUE_KEY_REF,
  FIELD_KEY_VALUE_VALUE,
  FIELD_KVLIST_VALUES,
} from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import * as wire from './wire.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const {
  bounds,
  DELIMITED,
  FIXED64,
  LENGTH_WIDTH,
  putBigInt,
  putBytes,
  putDouble,
  putInt64,
  putString,
  putVarint,
  setLength,
  SHORT_STRING,
  VARINT,
} = wire;

// A constant of this module, so that the optimising compiler knows its address.
const { bytes } = threadScratch;

/** Finds the dictionary reference of an attribute's key. */
export interface KeyReferences {
  /** A reference, or `STALE_KEYS`, or `NO_REFERENCE` when the dictionary cannot take the key. */
  keyReference(key: string): number;
}

/** All references of this epoch are void: the record has to be encoded again. */
const STALE_KEYS = -1;
const NO_REFERENCE = 0;

const STRING_TAG = (FIELD_ANY_STRING << 3) | DELIMITED;
const BOOL_TAG = (FIELD_ANY_BOOL << 3) | VARINT;
const INT_TAG = (FIELD_ANY_INT << 3) | VARINT;
const DOUBLE_TAG = (FIELD_ANY_DOUBLE << 3) | FIXED64;
const ARRAY_TAG = (FIELD_ANY_ARRAY << 3) | DELIMITED;
const KVLIST_TAG = (FIELD_ANY_KVLIST << 3) | DELIMITED;
const BYTES_TAG = (FIELD_ANY_BYTES << 3) | DELIMITED;
const ARRAY_VALUES_TAG = (FIELD_ARRAY_VALUES << 3) | DELIMITED;
const KVLIST_VALUES_TAG = (FIELD_KVLIST_VALUES << 3) | DELIMITED;
const KEY_REF_TAG = (FIELD_KEY_VALUE_KEY_REF << 3) | VARINT;
const KEY_TAG = (FIELD_KEY_VALUE_KEY_REF << 3) | DELIMITED;
const VALUE_TAG = (FIELD_KEY_VALUE_VALUE << 3) | DELIMITED;

const INT64_MIN = -(2 ** 63);
const INT64_END = 2 ** 63;
/** Maps within maps, as far as anyone reads them; also the end of a cyclic one. */
const DEPTH_LIMIT = 28;

/** True when every length within the encoded value is below 128. */
export function isSmall(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= SHORT_STRING : typeof value !== 'object' || value === null;
}

/** One attribute (KeyValueRef) under a tag of one byte. */
export function putAttribute(
  at: number,
  tag: number,
  keyReference: number,
  value: unknown,
  keys: KeyReferences,
): number {
  bytes[at] = tag;
  if (isSmall(value)) {
    bytes[at + 2] = KEY_REF_TAG;
    const valueAt = putVarint(at + 3, keyReference);
    bytes[valueAt] = VALUE_TAG;
    const end = putAnyValue(valueAt + 2, value, keys, 0);
    bytes[valueAt + 1] = end - valueAt - 2;
    bytes[at + 1] = end - at - 2;
    return end;
  }
  bytes[at + 1 + LENGTH_WIDTH] = KEY_REF_TAG;
  const valueAt = putVarint(at + 2 + LENGTH_WIDTH, keyReference);
  return putValueOf(at + 1, valueAt, value, keys, 0);
}

/** One attribute with its key in place (KeyValue), as OTLP has it. */
export function putKeyValue(at: number, tag: number, key: string, value: unknown, depth = 0): number {
  bytes[at] = tag;
  const valueAt = putString(at + 1 + LENGTH_WIDTH, KEY_TAG, key);
  if (valueAt > bounds.limit) return valueAt;
  return putValueOf(at + 1, valueAt, value, undefined, depth);
}

/** The value of a KeyValue or KeyValueRef whose length stands at `lengthAt`. */
function putValueOf(
  lengthAt: number,
  valueAt: number,
  value: unknown,
  keys: KeyReferences | undefined,
  depth: number,
): number {
  bytes[valueAt] = VALUE_TAG;
  const from = valueAt + 1 + LENGTH_WIDTH;
  const end = putAnyValue(from, value, keys, depth);
  if (end > bounds.limit) return end;
  setLength(valueAt + 1, end - from);
  setLength(lengthAt, end - lengthAt - LENGTH_WIDTH);
  return end;
}

/**
 * The fields of an AnyValue. Numbers are sent as the stock OTLP exporter sends them: integers within 64 bits as int
 * (so −0 as 0), anything else as double. What has no OTLP form is the empty value. Without `keys`, maps hold their keys in place.
 */
export function putAnyValue(at: number, value: unknown, keys: KeyReferences | undefined, depth: number): number {
  // Not a switch: only `typeof` that is compared at once is a comparison of types, else it is a call for the type's name.
  if (typeof value === 'string') return putString(at, STRING_TAG, value);
  if (typeof value === 'number') return putNumber(at, value);
  if (typeof value === 'boolean') {
    bytes[at] = BOOL_TAG;
    bytes[at + 1] = value ? 1 : 0;
    return at + 2;
  }
  if (typeof value === 'bigint') {
    bytes[at] = INT_TAG;
    return putBigInt(at + 1, value);
  }
  if (typeof value !== 'object' || value === null) return at;
  if (depth > DEPTH_LIMIT) {
    bounds.wasCut = true;
    return at;
  }
  if (Array.isArray(value)) return putArray(at, value, keys, depth);
  if (value instanceof Uint8Array) return putBytes(at, BYTES_TAG, value);
  return putMap(at, value as Record<string, unknown>, keys, depth);
}

function putNumber(at: number, value: number): number {
  if (Number.isInteger(value) && value >= INT64_MIN && value < INT64_END) {
    bytes[at] = INT_TAG;
    return value >= 0 && value <= 0xffff_ffff ? putVarint(at + 1, value) : putInt64(at + 1, value);
  }
  bytes[at] = DOUBLE_TAG;
  return putDouble(at + 1, value);
}

function putArray(at: number, values: readonly unknown[], keys: KeyReferences | undefined, depth: number): number {
  bytes[at] = ARRAY_TAG;
  const from = at + 1 + LENGTH_WIDTH;
  let to = from;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    bytes[to] = ARRAY_VALUES_TAG;
    let end: number;
    if (isSmall(value)) {
      end = putAnyValue(to + 2, value, keys, depth + 1);
      bytes[to + 1] = end - to - 2;
    } else {
      const elementAt = to + 1 + LENGTH_WIDTH;
      end = putAnyValue(elementAt, value, keys, depth + 1);
      if (end <= bounds.limit) setLength(to + 1, end - elementAt);
    }
    if (end > bounds.limit) {
      if (!bounds.cutting) return end;
      bounds.wasCut = true;
      break;
    }
    to = end;
  }
  setLength(at + 1, to - from);
  return to;
}

function putMap(at: number, map: Record<string, unknown>, keys: KeyReferences | undefined, depth: number): number {
  bytes[at] = KVLIST_TAG;
  const from = at + 1 + LENGTH_WIDTH;
  let to = from;
  for (const key of Object.keys(map)) {
    let end: number;
    if (keys === undefined) {
      end = putKeyValue(to, KVLIST_VALUES_TAG, key, map[key], depth + 1);
    } else {
      const reference = keys.keyReference(key);
      // A stale reference is noticed again at the commit; the entry is left out of a record that will not be published.
      if (reference <= 0) {
        bounds.wasCut = true;
        continue;
      }
      bytes[to] = KVLIST_VALUES_TAG;
      bytes[to + 1 + LENGTH_WIDTH] = KEY_REF_TAG;
      end = putValueOf(to + 1, putVarint(to + 2 + LENGTH_WIDTH, reference), map[key], keys, depth + 1);
    }
    if (end > bounds.limit) {
      if (!bounds.cutting) return end;
      bounds.wasCut = true;
      break;
    }
    to = end;
  }
  setLength(at + 1, to - from);
  return to;
}

export { NO_REFERENCE, STALE_KEYS };
