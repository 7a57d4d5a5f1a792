// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import cluster from 'node:cluster';
import { createTracer } from './provider.mjs';

const tracer = createTracer(process.argv[2]);
if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
  tracer.startSpan('primary').end();
} else {
  tracer.startSpan(`worker ${cluster.worker.id}`).end();
  cluster.worker.disconnect();
}
