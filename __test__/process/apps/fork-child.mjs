// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Writes a span, tells its parent, and writes more once the parent is gone.
import { createTracer } from './provider.mjs';

const tracer = createTracer(process.argv[2]);
tracer.startSpan('child with parent').end();
const stop = setTimeout(() => process.exit(1), 30_000);
process.once('disconnect', () => {
  tracer.startSpan('child without parent').end();
  clearTimeout(stop);
  // Alive until the reader has seen it: the test kills it.
  setTimeout(() => process.exit(1), 30_000);
});
process.send('ready');
