// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

const POOL_LIMIT = 256;
const POOLED_LENGTH = 64;
const pool: unknown[][] = [];
/** The storage of a span that has no attributes; never written to. */
const NO_PAIRS: unknown[] = [];

/** Storage for the attributes of one open span. */
export function acquirePairs(): unknown[] {
  return pool.pop() ?? [];
}

/** Takes storage back; it holds on to nothing of the user's. */
export function releasePairs(pairs: unknown[], count: number): void {
  if (pairs === NO_PAIRS || pairs.length > POOLED_LENGTH || pool.length === POOL_LIMIT) return;
  for (let i = 0; i < count; i++) pairs[i] = undefined;
  pool.push(pairs);
}

export { NO_PAIRS };
