// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { runScript, withDirectory } from '../processes.mjs';

const MILLION = 1_000_000;
/** 100,000 topics with 70 metrics each. */
const TOPICS_SERIES = 7 * MILLION;

export default {
  title: 'What many series cost the app, and their collection',
  description: `A counter with as many series as the settings say, three attributes each. Heap is what they add to the JavaScript heap, external what they
add to buffers outside of it, after a full garbage collection (the views through which sums are added to count there, 64 bytes a series of the mapped file); file is what the file grew by, attributes included. Then everything is collected: by the stock
SDK on the event loop, serialised as OTLP/protobuf and sent nowhere; from the file by a reader in another process, which takes every point. Blocked is the longest gap
that a timer of 1 ms in the app sees meanwhile. The last columns extrapolate heap and file to 100,000 topics with 70 metrics each: 7 million times
the bytes of one series.`,
  arms: { stock: { title: 'stock SDK' }, provider: { title: 'MmapMeterProvider' } },
  rival: 'stock',
  metrics: [
    { key: 'blockedMilliseconds', title: 'blocked', unit: 'ms' },
    { key: 'heapBytes', title: 'heap a series', unit: 'B', ratio: 'less' },
    { key: 'externalBytes', title: 'external a series', unit: 'B' },
    { key: 'fileBytes', title: 'file a series', unit: 'B' },
    { key: 'topicsHeapMegabytes', title: 'heap, 7 million series', unit: 'MB' },
    { key: 'topicsFileMegabytes', title: 'file, 7 million series', unit: 'MB' },
  ],
  expected: [
    { arm: 'provider', metric: 'heapBytes', of: 'ratios', atLeast: 10 },
    { arm: 'provider', metric: 'blockedMilliseconds', of: 'metrics', atMost: 20 },
  ],
  settings: { rounds: 2, series: MILLION },
  smoke: { rounds: 1, series: 1_000 },

  async measure(arm, settings) {
    const measured = await withDirectory((directory) =>
      runScript('collection.mjs', { ...settings, arm, instrument: 'counter', directory }, ['--expose-gc']),
    );
    const { heapBytes, fileBytes, points } = measured;
    if (points !== settings.series) throw new Error(`${arm}: ${points} points were collected of ${settings.series}`);
    return {
      blockedMilliseconds: measured.blockedMilliseconds,
      heapBytes,
      externalBytes: measured.externalBytes,
      ...(arm !== 'stock' && { fileBytes, topicsFileMegabytes: (fileBytes * TOPICS_SERIES) / 1e6 }),
      topicsHeapMegabytes: (heapBytes * TOPICS_SERIES) / 1e6,
    };
  },
};
