// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Counts and records until it is killed. After each round of calls it says on standard output that they returned.
import { createMeter } from './meter.mjs';
import { say } from './say.mjs';

const meter = createMeter(process.argv[2]);
const counter = meter.createCounter('counter');
const bound = meter.createCounter('bound').bind({ kind: 'bound' });
const histogram = meter.createHistogram('histogram');
const exponential = meter.createHistogram('exponential');
for (let round = 1; ; round++) {
  for (let i = 0; i < 100; i++) {
    counter.add(1, { series: i % 10 });
    bound.add(2);
    histogram.record(i, { series: i % 10 });
    exponential.record(2 ** i, { round });
  }
  say(`round ${round}`);
}
