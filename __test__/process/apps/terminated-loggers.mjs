// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Workers that emit log records without a pause, every second one too long for a slot, are terminated wherever they happen to be; after
// each of them the main thread emits a long one, and lives on.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { MmapLoggerProvider } from 'otlp-mmap';

const geometry = { eventsBuffers: 4096, eventsBufferSize: 256, spansBuffers: 2, measurementsBuffers: 2 };
const createProvider = (directory) => new MmapLoggerProvider({ directory, geometry, resourceDetectors: [] });
const long = 'long '.repeat(1000);

if (isMainThread) {
  const directory = process.argv[2];
  const provider = createProvider(directory);
  for (let round = 0; round < 10; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: directory });
    await new Promise((resolve) => worker.once('message', resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    await worker.terminate();
    // What the worker wrote may fill ring and spill ring until the reader has taken it.
    await provider.forceFlush();
    provider.getLogger('terminated').emit({ severityText: `after round ${round}`, body: long });
  }
  console.log('terminated');
  setInterval(() => {}, 1_000);
} else {
  const logger = createProvider(workerData).getLogger('terminated');
  parentPort.postMessage('writing');
  for (let i = 0; ; i++) logger.emit({ body: i % 2 === 0 ? long : 'short' });
}
