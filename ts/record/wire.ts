// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { threadScratch } from '../native/scratch.js';

// A constant of this module, so that the optimising compiler knows its address.
const { bytes, view } = threadScratch;

// Protobuf's wire format, written into the scratch buffer. Every function takes the position to write at and returns the
// position after what it wrote.

/**
 * Where the record being written must end. What does not fit ends beyond `limit`, and the caller begins again with a new
 * record; when even a record of its own is too small for a value, it is written once more with `cutting`, and is cut.
 * The buffer goes on for at least SLACK bytes after any limit: only what may be longer than that looks at it.
 */
const bounds = { limit: 0, cutting: false, wasCut: false };
const SLACK = 1024;

/** Strings of up to this many UTF-16 units take at most 96 bytes, so that one-byte lengths do for them. */
const SHORT_STRING = 32;

// Wire types: how a field's content is told from the next field.
const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

const NANOS_PER_SECOND = 1_000_000_000;
const TWO_TO_16 = 0x1_0000;
const TWO_TO_32 = 0x1_0000_0000;
/** Up to this length a loop is faster than a call that encodes. */
const LOOP_LIMIT = 64;

/** An unsigned integer of up to 53 bits. */
export function putVarint(at: number, value: number): number {
  if (value > 0xffff_ffff) return putInt64(at, value);
  let rest = value >>> 0;
  let to = at;
  while (rest > 0x7f) {
    bytes[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[to] = rest;
  return to + 1;
}

/** An integer from −2^63 up to below 2^63, as the varint of its two's complement. */
export function putInt64(at: number, value: number): number {
  const size = Math.abs(value);
  let low = size >>> 0;
  let high = (size / 0x1_0000_0000) >>> 0;
  if (value < 0) {
    low = -low >>> 0;
    high = (low === 0 ? -high : ~high) >>> 0;
  }
  let to = at;
  while (high > 0 || low > 0x7f) {
    bytes[to++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  bytes[to] = low;
  return to + 1;
}

/** As `putInt64`, of an integer that a double cannot hold. One beyond 64 bits loses its upper bits. */
export function putBigInt(at: number, value: bigint): number {
  let rest = BigInt.asUintN(64, value);
  let to = at;
  while (rest > 0x7fn) {
    bytes[to++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  bytes[to] = Number(rest);
  return to + 1;
}

export function putDouble(at: number, value: number): number {
  view.setFloat64(at, value, true);
  return at + 8;
}

export function putFixed32(at: number, value: number): number {
  view.setInt32(at, value, true);
  return at + 4;
}

/** A time of seconds and nanoseconds as one fixed64 of nanoseconds: in parts, since a double has not enough digits for it. */
export function putNanos(at: number, seconds: number, nanos: number): number {
  const low = (seconds & 0xffff) * NANOS_PER_SECOND + nanos;
  const high = (seconds >>> 16) * NANOS_PER_SECOND;
  const sum = (low % TWO_TO_32) + (high % TWO_TO_16) * TWO_TO_16;
  view.setUint32(at, sum % TWO_TO_32, true);
  const carry = sum >= TWO_TO_32 ? 1 : 0;
  view.setUint32(at + 4, Math.floor(low / TWO_TO_32) + Math.floor(high / TWO_TO_16) + carry, true);
  return at + 8;
}

/** Bytes of a length that is known only afterwards and may be of any size: a varint padded to three bytes. */
const LENGTH_WIDTH = 3;

/** Fills in a length of LENGTH_WIDTH bytes. */
export function setLength(at: number, length: number): void {
  bytes[at] = (length & 0x7f) | 0x80;
  bytes[at + 1] = ((length >>> 7) & 0x7f) | 0x80;
  bytes[at + 2] = length >>> 14;
}

/** A string field whose tag takes one byte. Lone surrogates become U+FFFD. */
export function putString(at: number, tag: number, text: string): number {
  bytes[at] = tag;
  const length = text.length;
  if (length <= SHORT_STRING) {
    let to = at + 2;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return putEncoded(at + 1, text);
      bytes[to++] = code;
    }
    bytes[at + 1] = length;
    return to;
  }
  return putEncoded(at + 1, text);
}

/** Length and UTF-8 of `text`. */
function putEncoded(at: number, text: string): number {
  const from = at + LENGTH_WIDTH;
  const room = bounds.limit - from;
  if (text.length <= LOOP_LIMIT && text.length <= room) {
    const end = putAscii(from, text);
    if (end !== -1) {
      setLength(at, end - from);
      return end;
    }
  }
  if (text.length * 3 > room && (text.length > room || Buffer.byteLength(text) > room)) {
    if (!bounds.cutting) return bounds.limit + 1;
    bounds.wasCut = true;
  }
  const length = room > 0 ? bytes.write(text, from, room, 'utf8') : 0;
  setLength(at, length);
  return from + length;
}

/** The characters of an ASCII text; −1 when it is none. */
function putAscii(at: number, text: string): number {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return -1;
    bytes[at + i] = code;
  }
  return at + length;
}

/** A bytes field whose tag takes one byte. */
export function putBytes(at: number, tag: number, value: Uint8Array): number {
  bytes[at] = tag;
  const from = at + 1 + LENGTH_WIDTH;
  let length = value.length;
  const room = Math.max(bounds.limit - from, 0);
  if (length > room) {
    if (!bounds.cutting) return bounds.limit + 1;
    bounds.wasCut = true;
    length = room;
  }
  bytes.set(length === value.length ? value : value.subarray(0, length), from);
  setLength(at + 1, length);
  return from + length;
}

export { bounds, DELIMITED, FIXED32, FIXED64, LENGTH_WIDTH, SHORT_STRING, SLACK, VARINT };
