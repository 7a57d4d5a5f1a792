// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import cluster from 'node:cluster';
import { createMeter } from './meter.mjs';

const counter = createMeter(process.argv[2]).createCounter('counter');
for (let i = 0; i < 100; i++) counter.add(1, { series: i % 10 });
if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
} else {
  cluster.worker.disconnect();
}
