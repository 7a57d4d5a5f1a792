// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ARMS, BARE, IDLE, IDLE_ARMS, RIVAL, SPAN_ARMS } from '../arms.mjs';
import { verifyWorkload } from '../exported.mjs';
import { runTimedAndCounted, SMOKE } from '../timed-and-counted.mjs';

export default {
  title: 'What a span costs the app',
  description: `Each arm makes the same spans in a process of its own: a request and a query below it, six attributes each, four of
them given at the start and two set later. They come in bursts that fit the stock processor's queue, with pauses for it to drain; the sink has to
receive exactly what was made, or there is no figure. CPU is that of the whole app process (all threads), from the first burst until the last span
is exported, after warm-up, less what the process of the first row uses, which has the same pauses (timers, waking up) and makes
nothing. The sink and the collector are other processes. Garbage is the growth of the heap in a run of
its own in which nothing is collected.`,
  arms: { ...IDLE_ARMS, ...ARMS, ...SPAN_ARMS },
  idle: IDLE,
  bare: BARE,
  rival: { stock: RIVAL, provider: RIVAL, processor: RIVAL },
  floors: { processor: 'span' },
  metrics: [
    { key: 'cpuMicroseconds', title: 'CPU a span', unit: 'µs', ratio: 'less', beyondIdle: true, beyondBare: true },
    { key: 'mainMicroseconds', title: 'of it in the main thread', unit: 'µs', beyondIdle: true },
    { key: 'heapBytes', title: 'garbage a span', unit: 'B', beyondBare: true },
    { key: 'collectionMilliseconds', title: 'garbage collection per 100,000 spans', unit: 'ms' },
  ],
  expected: [
    { arm: 'provider', metric: 'cpuMicroseconds', of: 'ratios', atLeast: 8 },
    { arm: 'provider', metric: 'cpuMicroseconds', of: 'ratiosBeyond', atLeast: 8 },
    { arm: 'processor', metric: 'cpuMicroseconds', of: 'ratios', atLeast: 4 },
    { arm: 'processor', metric: 'cpuMicroseconds', of: 'ratiosAbove', atLeast: 4 },
    { arm: 'provider', metric: 'heapBytes', of: 'beyond', atMost: 300 },
  ],
  settings: {
    rounds: 5,
    warmUpBursts: 100,
    bursts: 100,
    garbageWarmUpBursts: 15,
    garbageBursts: 15,
    burstSpans: 1536,
    pause: 50,
  },
  smoke: SMOKE,

  async measure(arm, settings) {
    const { cpuMicroseconds, mainMicroseconds, heapBytes, collectionMilliseconds } = await runTimedAndCounted(
      'bursts',
      arm,
      settings,
      verifyWorkload,
    );
    return { cpuMicroseconds, mainMicroseconds, heapBytes, collectionMilliseconds };
  },
};
