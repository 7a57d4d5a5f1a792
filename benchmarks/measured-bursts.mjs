// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Bursts that fit the rival's queue, with pauses in which each side drains; warm-up bursts first. CPU time is that of the whole process, from
 * the first measured burst until everything is flushed. Heap growth is garbage only when the collector of garbage did not run
 * meanwhile: `collections` tells.
 *
 * @param make makes one burst, given how many items were made before; returns how many it made.
 */
export async function measureBursts({ make, flush, warmUpBursts, bursts, pause }) {
  let made = 0;
  const burst = async () => {
    made += make(made);
    await sleep(pause);
  };
  // Flushed at once: a reader needs a moment to find the file that the first record makes.
  await burst();
  await flush();
  for (let i = 1; i < warmUpBursts; i++) await burst();
  await flush();

  const collections = { count: 0, milliseconds: 0 };
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections.count++;
      collections.milliseconds += duration;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const before = made;
  const heap = process.memoryUsage().heapUsed;
  const main = mainThreadMicroseconds();
  const cpu = process.cpuUsage();
  for (let i = 0; i < bursts; i++) await burst();
  await flush();
  const { user, system } = process.cpuUsage(cpu);
  const inMain = mainThreadMicroseconds() - main;
  const growth = process.memoryUsage().heapUsed - heap;
  await sleep(0);
  observer.disconnect();

  const items = made - before;
  return {
    made,
    cpuMicroseconds: (user + system) / items,
    mainMicroseconds: inMain / items,
    heapBytes: growth / items,
    collections,
    collectionMilliseconds: (collections.milliseconds / items) * 100_000,
  };
}

/** CPU time of the main thread, whose id is the process': the first number of its schedstat, in nanoseconds. */
function mainThreadMicroseconds() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
}
