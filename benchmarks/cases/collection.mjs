// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { runScript, withDirectory } from '../processes.mjs';

const MILLION = 1_000_000;
/** Apps of 100,000 topics with 70 metrics each, ten of them: too many for the machines that measure. */
const EXTRAPOLATED = 70 * MILLION;

export default {
  title: 'What many series cost the app, and their collection',
  description: `A counter with as many series as the settings say, three attributes each; of the arm with topics, as many counters as metrics, each with all
topics: 100,000 × 70 = 7,000,000 series. Heap is what they add to the JavaScript heap, external what they
add to buffers outside of it, after a full garbage collection (the views through which sums are added to count there, 48 bytes a series of the mapped file); file is what the file grew by, attributes included. Then everything is collected: by the stock
SDK on the event loop, serialised as OTLP/protobuf and sent nowhere; from the file by a reader in another process, which takes every point. Blocked is the longest gap
that a timer of 1 ms in the app sees meanwhile. Without telemetry, the series are those of another process, and the gap is what the machine
does to any app while so much is read. The last columns are extrapolated: 70,000,000 series times the bytes of one, so that a byte a series is
70 MB.`,
  arms: {
    none: { title: 'no telemetry' },
    stock: { title: 'stock SDK' },
    provider: { title: 'MmapMeterProvider' },
    topics: { title: 'MmapMeterProvider, topics × metrics' },
  },
  rival: 'stock',
  metrics: [
    { key: 'blockedMilliseconds', title: 'blocked', unit: 'ms' },
    { key: 'heapBytes', title: 'heap a series', unit: 'B', ratio: 'less' },
    { key: 'externalBytes', title: 'external a series', unit: 'B' },
    { key: 'fileBytes', title: 'file a series', unit: 'B' },
    { key: 'extrapolatedHeapMegabytes', title: 'heap, 70 million series', unit: 'MB' },
    { key: 'extrapolatedFileMegabytes', title: 'file, 70 million series', unit: 'MB' },
  ],
  expected: [
    { arm: 'provider', metric: 'heapBytes', of: 'ratios', atLeast: 10 },
    { arm: 'provider', metric: 'blockedMilliseconds', of: 'metrics', atMost: 20 },
    { arm: 'topics', metric: 'blockedMilliseconds', of: 'metrics', atMost: 20 },
    { arm: 'topics', metric: 'heapBytes', of: 'ratios', atLeast: 10 },
  ],
  settings: { rounds: 2, series: MILLION, topics: 100_000, metrics: 70 },
  smoke: { rounds: 1, series: 1_000, topics: 20, metrics: 7 },

  async measure(arm, { series: many, topics, metrics }) {
    const settings = arm === 'topics' ? { arm: 'provider', series: topics * metrics, metrics } : { arm, series: many };
    const measured = await withDirectory((directory) =>
      runScript('collection.mjs', { ...settings, instrument: 'counter', directory }, ['--expose-gc']),
    );
    const { blockedMilliseconds, heapBytes, fileBytes, points } = measured;
    if (points !== settings.series) throw new Error(`${arm}: ${points} points were collected of ${settings.series}`);
    if (arm === 'none') return { blockedMilliseconds };
    return {
      blockedMilliseconds,
      heapBytes,
      externalBytes: measured.externalBytes,
      ...(arm !== 'stock' && { fileBytes, extrapolatedFileMegabytes: (fileBytes * EXTRAPOLATED) / 1e6 }),
      extrapolatedHeapMegabytes: (heapBytes * EXTRAPOLATED) / 1e6,
    };
  },
};
