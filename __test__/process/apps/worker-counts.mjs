// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Workers count the same series as the main thread, end (some by terminate, in mid count), and others take their place.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createMeter } from './meter.mjs';

const GENERATIONS = 4;
const WORKERS = 3;
const COUNTS = 1_000;

function count(directory) {
  const meter = createMeter(directory);
  const counter = meter.createCounter('counter');
  const histogram = meter.createHistogram('histogram', { advice: { explicitBucketBoundaries: [1, 2, 3] } });
  for (let i = 0; i < COUNTS; i++) {
    counter.add(1, { series: i % 10 });
    histogram.record(i % 5, { series: i % 10 });
  }
}

async function runWorker(directory, terminates) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { directory, terminates } });
  const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  if (terminates) {
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  }
  await ended;
}

if (isMainThread) {
  const directory = process.argv[2];
  count(directory);
  for (let generation = 0; generation < GENERATIONS; generation++) {
    await Promise.all(Array.from({ length: WORKERS }, (_, index) => runWorker(directory, index === 0)));
  }
  count(directory);
  console.log(GENERATIONS * WORKERS + 2);
} else {
  count(workerData.directory);
  if (workerData.terminates) {
    parentPort.postMessage('counted');
    setInterval(() => {}, 1_000);
  }
}
