// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Env, type NumberRule, readNumber } from './env.js';

const COUNT: NumberRule = { min: 0, max: Number.POSITIVE_INFINITY, integer: true };
export const DEFAULT_COUNT = 128;

/** The limit of the first of `names` that holds a valid value. */
export function readFirst(env: Env, names: string[], fallback: number): number {
  for (const name of names) {
    const value = readNumber(env, name, COUNT, undefined);
    if (value !== undefined) {
      return value;
    }
  }
  return fallback;
}
