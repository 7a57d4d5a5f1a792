// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { cargoBench } from '../cargo-bench.mjs';

const bench = cargoBench('ring_to_otlp');

export default {
  title: 'The core, from ring to OTLP bytes',
  description: `In Rust, one thread: the writer fills the spans ring of a file with the spans of the first table (a start record with four
attributes and an end record with two), then reader, assembler and encoder turn them into ResourceSpans. Only the reading side is timed.`,
  arms: { core: { title: 'crates/otlp-mmap' } },
  metrics: [
    { key: 'spansPerCoreSecond', title: 'spans a second per core', unit: '' },
    { key: 'nanoseconds', title: 'a span', unit: 'ns' },
    { key: 'bytes', title: 'OTLP a span', unit: 'B' },
  ],
  expected: [{ arm: 'core', metric: 'spansPerCoreSecond', of: 'metrics', atLeast: 1_500_000 }],
  settings: { rounds: 5, spans: 3_000_000 },
  smoke: { rounds: 1, spans: 50_000 },

  prepare: bench.prepare,
  measure(_arm, { spans: wanted }) {
    const { spans, seconds, bytes } = bench.run('--spans', String(wanted));
    return { spansPerCoreSecond: spans / seconds, nanoseconds: (seconds / spans) * 1e9, bytes: bytes / spans };
  },
};
