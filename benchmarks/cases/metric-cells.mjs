// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { cargoBench } from '../cargo-bench.mjs';

const bench = cargoBench('metric_cells');

export default {
  title: 'The core, metric cells to OTLP bytes',
  description: `In Rust, one thread: counters of three attributes are made, added to once, and collected (cumulative) as pieces of 8192 points. Memory is
what collecting took beyond the mapped file; bytes in the file are those of the cells with what belongs to them, without the attributes.`,
  arms: {
    million: { title: '1,000,000 series' },
    tenMillion: { title: '10,000,000 series' },
  },
  metrics: [
    { key: 'collectNanoseconds', title: 'collecting a point', unit: 'ns' },
    { key: 'memory', title: 'memory to collect', unit: 'B' },
    { key: 'fileBytesBesideAttributes', title: 'file a series', unit: 'B' },
    { key: 'makeNanoseconds', title: 'making a series', unit: 'ns' },
    { key: 'addNanoseconds', title: 'adding to it', unit: 'ns' },
  ],
  expected: ['million', 'tenMillion'].flatMap((arm) => [
    { arm, metric: 'collectNanoseconds', of: 'metrics', atMost: 150 },
    { arm, metric: 'memory', of: 'metrics', atMost: 64 << 20 },
  ]),
  settings: { rounds: 3, share: 1 },
  smoke: { rounds: 1, share: 0.001 },

  prepare: bench.prepare,
  measure(arm, { share }) {
    const series = { million: 1_000_000, tenMillion: 10_000_000 }[arm] * share;
    return bench.run('--series', String(series));
  },
};
