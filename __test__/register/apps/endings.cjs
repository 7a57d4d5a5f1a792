// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Makes one span by hand through the API, says so, and ends as told.
const { trace } = require('@opentelemetry/api');

const span = trace.getTracer('by-hand').startSpan('by hand');
span.end();
console.log(`recorded ${span.isRecording() || span.spanContext().traceFlags === 1}`);
switch (process.argv[2]) {
  case 'exitCode':
    process.exitCode = 7;
    break;
  case 'throw':
    throw new Error('the app failed');
  case 'wait':
    setInterval(() => {}, 1_000);
}
