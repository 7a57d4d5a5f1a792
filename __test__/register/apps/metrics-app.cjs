// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Counts once, waits until its callbacks were asked, and dies.

const { metrics } = require('@opentelemetry/api');

const meter = metrics.getMeter('app');
meter.createCounter('started').add(1, { by: 'hand' });
const gauge = meter.createObservableGauge('asked');
gauge.addCallback((result) => {
  result.observe(1);
  // What other callbacks of this round observe is stored in the same turn as this.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20);
});
setInterval(() => {}, 1_000);
