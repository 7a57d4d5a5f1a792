// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTrace, SPANS_PER_TRACE } from '../workload.mjs';

/**
 * Bursts that fit the rival's queue, with pauses in which each side drains; warm-up bursts first. CPU time is that of the whole process, from
 * the first measured burst until the last span is flushed. Heap growth is garbage only when the collector of garbage did
 * not run meanwhile: `collections` tells.
 */
export async function run(sdk, { warmUpBursts, bursts, burstSpans, pause }) {
  const tracer = sdk.tracerProvider.getTracer('benchmark', '1.0.0');
  const traces = burstSpans / SPANS_PER_TRACE;
  let made = 0;
  const burst = async () => {
    for (let i = 0; i < traces; i++) makeTrace(tracer, made + i);
    made += traces;
    await sleep(pause);
  };
  // Flushed at once: a reader needs a moment to find the file that the first span makes.
  await burst();
  await sdk.flush();
  for (let i = 1; i < warmUpBursts; i++) await burst();
  await sdk.flush();

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
  const cpu = process.cpuUsage();
  for (let i = 0; i < bursts; i++) await burst();
  await sdk.flush();
  const { user, system } = process.cpuUsage(cpu);
  const growth = process.memoryUsage().heapUsed - heap;
  await sleep(0);
  observer.disconnect();

  const spans = (made - before) * SPANS_PER_TRACE;
  return {
    made: made * SPANS_PER_TRACE,
    cpuMicroseconds: (user + system) / spans,
    heapBytes: growth / spans,
    collections,
    collectionMilliseconds: (collections.milliseconds / spans) * 100_000,
  };
}
