// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The main thread's span is the parent of what its workers record; each worker makes a provider of its own.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { createTracer } from './provider.mjs';

const WORKERS = 3;
const SPANS = 50;

if (isMainThread) {
  const tracer = createTracer(process.argv[2]);
  const root = tracer.startSpan('root');
  const done = Array.from({ length: WORKERS }, (_, index) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { directory: process.argv[2], parent: root.spanContext(), index },
    });
    return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  });
  await Promise.all(done);
  root.end();
} else {
  const { directory, parent, index } = workerData;
  const tracer = createTracer(directory);
  const context = trace.setSpanContext(ROOT_CONTEXT, parent);
  for (let i = 0; i < SPANS; i++) {
    tracer.startSpan(`worker ${index} span ${i}`, {}, context).end();
  }
  parentPort.close();
}
