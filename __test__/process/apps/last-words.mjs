// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Ends one span, leaves another open with an attribute set in the same turn, and dies as told.
import { createTracer } from './provider.mjs';

const [directory, death] = process.argv.slice(2);
const tracer = createTracer(directory);
tracer.startSpan('ended').setAttribute('how', death).end();
tracer.startSpan('open').setAttribute('how', death);
switch (death) {
  case 'exit':
    process.exit(3);
    break;
  case 'throw':
    throw new Error('uncaught');
  case 'reject':
    Promise.reject(new Error('unhandled'));
    break;
  case 'abort':
    process.abort();
    break;
  case 'SIGKILL':
  case 'SIGTERM':
    setImmediate(() => process.kill(process.pid, death));
    setInterval(() => {}, 1_000);
}
