// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Workers that count without a pause, the same series as the main thread, are terminated wherever they happen to be. Prints how many
// calls there were, and how many of them returned.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { createMeter } from './meter.mjs';

const ROUNDS = 12;
const WORKERS = 2;
const CALLED = 0;
const RETURNED = 1;

const { directory, calls } = isMainThread
  ? { directory: process.argv[2], calls: new Int32Array(new SharedArrayBuffer(8)) }
  : workerData;

function* counts() {
  const meter = createMeter(directory);
  const counter = meter.createCounter('counter');
  const bound = meter.createCounter('bound').bind({ kind: 'bound' });
  const histogram = meter.createHistogram('histogram', { advice: { explicitBucketBoundaries: [1, 2, 3] } });
  const exponential = meter.createHistogram('exponential');
  for (let i = 0; ; i++) {
    Atomics.add(calls, CALLED, 1);
    counter.add(1, { series: i % 10 });
    bound.add(1);
    histogram.record(i % 5, { series: i % 10 });
    exponential.record((i % 7) * 2 ** (i % 64), { series: i % 1_000 });
    Atomics.add(calls, RETURNED, 1);
    yield;
  }
}

if (isMainThread) {
  const own = counts();
  for (let round = 0; round < ROUNDS; round++) {
    const workers = Array.from(
      { length: WORKERS },
      () => new Worker(new URL(import.meta.url), { workerData: { directory, calls } }),
    );
    const before = Atomics.load(calls, RETURNED);
    while (Atomics.load(calls, RETURNED) < before + 2_000 * Math.random()) {
      for (let i = 0; i < 10; i++) own.next();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  for (let i = 0; i < 100; i++) own.next();
  console.log(`${calls[CALLED]} ${calls[RETURNED]}`);
} else {
  for (const _ of counts());
}
