// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { UsageError } from '../usage-error.js';

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const LONGEST = 24 * DURATIONS.h;
const SIZES: Readonly<Record<string, number>> = { '': 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Milliseconds of a duration such as `500ms`, `10s` or `1.5m`. @throws UsageError naming `argument`. */
export function parseDuration(text: string, argument: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (!match)
    throw new UsageError(`${argument} '${text}' is no duration: write a number with a unit, as in 500ms or 10s`);
  return checkDuration(Number(match[1]) * DURATIONS[match[2]], text, argument);
}

/** A timer of more than 24 days would fire at once, and nobody means to wait for a day. */
export function checkDuration(milliseconds: number, text: string, argument: string): number {
  if (milliseconds <= LONGEST) return milliseconds;
  throw new UsageError(`${argument} '${text}' is longer than a day`);
}

/** Bytes of a size such as `4096` or `64MiB`. @throws UsageError naming `argument`. */
export function parseSize(text: string, argument: string): number {
  const match = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(text);
  if (!match) throw new UsageError(`${argument} '${text}' is no size: write bytes, or a number with KiB, MiB or GiB`);
  return Number(match[1]) * SIZES[match[2] ?? ''];
}
