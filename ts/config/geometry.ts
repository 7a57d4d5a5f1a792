// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Geometry } from '../native/binding/writer.js';
import { type Env, readList, readNumber, warnOfValue } from './env.js';

const NAME = 'OTLP_MMAP_GEOMETRY';
const RINGS = ['events', 'spans', 'measurements'] as const;
const PARTS = ['spill', 'dictionary'] as const;
const LARGEST = 1 << 30;
const EXPECTED =
  `is neither ${RINGS.join(', ')} = slots (a power of two) x bytes (a multiple of 8, at least 64), as in spans=8192x768, ` +
  `nor ${PARTS.join(', ')} = bytes (a multiple of 64): leaving it out`;

/** Slots and bytes of a new file (OTLP_MMAP_GEOMETRY): `spans=8192x768,events=2048x512,spill=1048576`. What cannot be right is left out. */
export function readGeometry(env: Env): Partial<Geometry> | undefined {
  const geometry: Partial<Geometry> = {};
  for (const item of readList(env, NAME) ?? []) {
    if (!readPart(geometry, item)) warnOfValue(NAME, item, EXPECTED);
  }
  return Object.keys(geometry).length > 0 ? geometry : undefined;
}

function readPart(geometry: Partial<Geometry>, item: string): boolean {
  const [, name, first, second] = /^([a-z]+)=(\d+)(?:x(\d+))?$/.exec(item) ?? [];
  const ring = RINGS.find((known) => known === name);
  const part = PARTS.find((known) => known === name);
  const count = Number(first);
  const size = Number(second);
  if (ring !== undefined) {
    const possible = count >= 2 && Number.isInteger(Math.log2(count)) && size >= 64 && size % 8 === 0;
    if (!possible || count * size > LARGEST) return false;
    geometry[`${ring}Buffers`] = count;
    geometry[`${ring}BufferSize`] = size;
    return true;
  }
  if (part === undefined || second !== undefined || count % 64 !== 0 || count > LARGEST) return false;
  if (part === 'dictionary' && count < 1024) return false;
  geometry[`${part}Bytes`] = count;
  return true;
}

/** Bytes of the longest value that is kept whole (OTLP_MMAP_VALUE_LIMIT). */
export function readValueLimit(env: Env): number | undefined {
  return readNumber(env, 'OTLP_MMAP_VALUE_LIMIT', { min: 1024, max: 262_144, integer: true }, undefined);
}
