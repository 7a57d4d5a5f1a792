// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Writes spans until it is killed. After each call that a promise is about, it says on standard output that the call returned.
import { createTracer } from './provider.mjs';
import { say } from './say.mjs';

const [directory, count] = process.argv.slice(2);
const tracer = createTracer(directory);
for (let i = 0; i < Number(count); i++) {
  const span = tracer.startSpan(`span ${i}`);
  say(`started ${span.spanContext().spanId}`);
  span.setAttribute('i', i);
  span.end();
  say(`ended ${span.spanContext().spanId}`);
}
say('done');
// Waits for the kill.
setInterval(() => {}, 1_000);
