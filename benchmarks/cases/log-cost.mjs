// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { BARE_LOGS, IDLE, IDLE_ARMS, LOG_ARMS, LOG_RECORD_ARMS, LOG_RIVAL } from '../arms.mjs';
import { verifyLogs } from '../exported.mjs';
import { runTimedAndCounted, SMOKE } from '../timed-and-counted.mjs';

export default {
  title: 'What a log record costs the app',
  description: `The same for log records with a body and five attributes, in bursts that fit the stock processor's queue.`,
  arms: { ...IDLE_ARMS, ...LOG_ARMS, ...LOG_RECORD_ARMS },
  idle: IDLE,
  bare: BARE_LOGS,
  rival: { 'log-stock': LOG_RIVAL, 'log-provider': LOG_RIVAL, 'log-processor': LOG_RIVAL },
  floors: { 'log-processor': 'log-record' },
  metrics: [
    { key: 'cpuMicroseconds', title: 'CPU a record', unit: 'µs', ratio: 'less', beyondIdle: true, beyondBare: true },
    { key: 'heapBytes', title: 'garbage a record', unit: 'B', beyondBare: true },
    { key: 'collectionMilliseconds', title: 'garbage collection per 100,000 records', unit: 'ms' },
  ],
  expected: [
    { arm: 'log-provider', metric: 'cpuMicroseconds', of: 'ratios', atLeast: 6 },
    { arm: 'log-processor', metric: 'cpuMicroseconds', of: 'ratios', atLeast: 3 },
  ],
  settings: {
    rounds: 5,
    warmUpBursts: 60,
    bursts: 60,
    garbageWarmUpBursts: 15,
    garbageBursts: 15,
    burstRecords: 1536,
    pause: 100,
  },
  smoke: SMOKE,

  async measure(arm, settings) {
    const { cpuMicroseconds, heapBytes, collectionMilliseconds } = await runTimedAndCounted(
      'log-bursts',
      arm,
      settings,
      verifyLogs,
    );
    return { cpuMicroseconds, heapBytes, collectionMilliseconds };
  },
};
