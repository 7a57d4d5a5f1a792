// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ARMS, BARE, RIVAL } from '../arms.mjs';
import { runExported, verifyWorkload } from '../exported.mjs';

export default {
  title: 'How long the event loop is held up',
  description: `A steady 2,000 spans a second, made in a timer of 1 ms. Delay is what monitorEventLoopDelay of Node.js sees at a
resolution of 1 ms (so about 1 ms is rest); a stall is a gap of 5 ms or more between two turns of that timer.`,
  arms: ARMS,
  bare: BARE,
  rival: RIVAL,
  metrics: [
    { key: 'medianMilliseconds', title: 'median', unit: 'ms' },
    { key: 'p99Milliseconds', title: 'p99', unit: 'ms' },
    { key: 'longestMilliseconds', title: 'longest', unit: 'ms' },
    { key: 'stalls', title: 'stalls', unit: '', beyondBare: true },
  ],
  expected: [{ arm: 'provider', metric: 'stalls', of: 'beyond', atMost: 0 }],
  settings: { rounds: 5, spansPerSecond: 2000, seconds: 10, warmUpSeconds: 3 },
  smoke: { rounds: 1, seconds: 1, warmUpSeconds: 1 },

  async measure(arm, settings) {
    const measured = await runExported('paced', arm, settings);
    verifyWorkload(arm, measured);
    const { medianMilliseconds, p99Milliseconds, longestMilliseconds, stalls } = measured;
    return { medianMilliseconds, p99Milliseconds, longestMilliseconds, stalls };
  },
};
