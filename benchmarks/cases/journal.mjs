// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { cargoBench } from '../cargo-bench.mjs';
import { costOfExport, produceSpans } from '../exported-load.mjs';
import { withCollector, withDirectory, withDirectoryOnDisk, withSink } from '../processes.mjs';

const bench = cargoBench('journal');

export default {
  title: 'What the journal costs',
  description: `The load of the collector's table, read by a collector with and without a journal (in a folder on disk); and the core alone: \`cargo bench
--bench journal\` commits pieces of 2,048 spans until 1 GiB waits, and opens that journal again, with its files in memory and without.`,
  arms: {
    none: { title: 'storage: none' },
    journal: { title: 'with a journal' },
    core: { title: 'crates/otlp-mmap, 1 GiB waiting' },
  },
  rival: 'none',
  metrics: [
    { key: 'spansPerCoreSecond', title: 'spans a second per core', unit: '', ratio: 'more' },
    { key: 'cpuMicroseconds', title: 'CPU a span', unit: 'µs' },
    { key: 'bytesPerSpan', title: 'written a span', unit: 'B' },
    { key: 'openSeconds', title: 'start', unit: 's' },
    { key: 'coldOpenSeconds', title: 'start, nothing cached', unit: 's' },
    { key: 'replayMegabytes', title: 'read back a second', unit: 'MB' },
  ],
  expected: [
    { arm: 'journal', metric: 'spansPerCoreSecond', of: 'ratios', atLeast: 0.8 },
    { arm: 'core', metric: 'openSeconds', of: 'metrics', atMost: 2 },
    { arm: 'core', metric: 'coldOpenSeconds', of: 'metrics', atMost: 2 },
  ],
  settings: { rounds: 3, producers: 2, spansPerSecond: 100_000, seconds: 10, warmUpSeconds: 2, gigabytes: 1 },
  smoke: { rounds: 1, producers: 1, spansPerSecond: 5000, seconds: 1, warmUpSeconds: 1, gigabytes: 0.05 },

  prepare: bench.prepare,
  measure: (arm, settings) => (arm === 'core' ? core(settings) : collector(arm, settings)),
};

function core({ gigabytes }) {
  const measured = bench.run('--gigabytes', String(gigabytes));
  return {
    cpuMicroseconds: measured.flowingNanosPerSpan / 1000,
    bytesPerSpan: measured.bytesPerSpan,
    openSeconds: measured.openSeconds,
    coldOpenSeconds: measured.coldOpenSeconds,
    replayMegabytes: measured.replayBytesPerSecond / 1e6,
  };
}

function collector(arm, settings) {
  return withDirectoryOnDisk((state) =>
    withDirectory((directory) =>
      withSink((sink) => {
        const measure = (collector) =>
          costOfExport(collector, [sink], settings, (seconds) => produceSpans(directory, settings, seconds));
        return withCollector(directory, sink.url, measure, arm === 'journal' ? state : 'none');
      }),
    ),
  );
}
