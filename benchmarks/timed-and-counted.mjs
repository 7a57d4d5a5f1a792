// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { runExported } from './exported.mjs';

/** MiB. Large enough that nothing is collected while garbage is measured. */
const SEMI_SPACE = 1024;

/** What `runTimedAndCounted` asks of a case's settings, in its smallest size. */
export const SMOKE = { rounds: 1, warmUpBursts: 2, bursts: 2, garbageWarmUpBursts: 2, garbageBursts: 2 };

/**
 * Runs a task of bursts twice: for its CPU, and for the garbage that it makes, in a process that collects none.
 * @param verify fails unless the sink has exactly what was made; it is given the arm and what a run measured.
 * @returns what the timed run measured, with `heapBytes` of the other.
 */
export async function runTimedAndCounted(task, arm, settings, verify) {
  const timed = await runExported(task, arm, settings);
  verify(arm, timed);

  const short = { ...settings, warmUpBursts: settings.garbageWarmUpBursts, bursts: settings.garbageBursts };
  const execArgv = [`--max-semi-space-size=${SEMI_SPACE}`, `--min-semi-space-size=${SEMI_SPACE}`];
  const counted = await runExported(task, arm, short, { execArgv });
  verify(arm, counted);
  if (counted.collections.count > 0) {
    throw new Error(`${arm}: garbage was collected while it was counted: lower garbageBursts`);
  }
  return { ...timed, heapBytes: counted.heapBytes };
}
