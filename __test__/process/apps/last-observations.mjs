// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Observes, and comes to its own end: nothing keeps it alive. A worker observes as well, and ends before.
import { once } from 'node:events';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { MmapMeterProvider, MmapTracerProvider } from 'otlp-mmap';

const [directory, callback, end] = isMainThread ? process.argv.slice(2) : [workerData, 'observes', 'none'];
const provider = new MmapMeterProvider({ directory, exportTimeoutMillis: 50 });
// Something else holds the file, so that the end of the provider is not the end of the file.
const tracing = new MmapTracerProvider({ directory });
tracing.getTracer('process-test').startSpan('span').end();

const meter = provider.getMeter('process-test');
const name = isMainThread ? 'main' : 'worker';
meter.createObservableGauge(name).addCallback((result) => result.observe(7));
if (callback === 'hangs') meter.createObservableGauge('hangs').addCallback(() => new Promise(() => {}));
if (isMainThread) await once(new Worker(new URL(import.meta.url), { workerData: directory }), 'exit');
await provider.collect();
if (end === 'shutdown') await provider.shutdown();
if (isMainThread) console.log('collected');
