// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Workers that write without a pause are terminated wherever they happen to be; then the main thread writes its last span
// and lives on.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createProvider, createTracer } from './provider.mjs';

if (isMainThread) {
  const directory = process.argv[2];
  const provider = createProvider(directory);
  const tracer = provider.getTracer('process-test');
  for (let round = 0; round < 10; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: directory });
    await new Promise((resolve) => worker.once('message', resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    await worker.terminate();
    // What the worker wrote may fill the ring until the reader has taken it.
    await provider.forceFlush();
    tracer.startSpan(`after round ${round}`).end();
  }
  console.log('terminated');
  setInterval(() => {}, 1_000);
} else {
  const tracer = createTracer(workerData);
  parentPort.postMessage('writing');
  for (;;) {
    tracer.startSpan('from a worker', { attributes: { text: 'x'.repeat(100) } }).end();
  }
}
