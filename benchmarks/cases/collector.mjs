// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from 'node:timers/promises';
import { costOfExport, produceSpans } from '../exported-load.mjs';
import { withCollector, withDirectory, withSink } from '../processes.mjs';

export default {
  title: 'The collector, from files to OTLP/HTTP',
  description: `Several processes make the spans of the first table at a steady rate; one collector reads their files and exports them through
\`otlphttp\` to a sink on the same machine, which has to receive every one. CPU is that of the collector's process alone, all threads, from the
first span until the last is acknowledged, after warm-up. "Idle": with those processes gone.`,
  arms: { collector: { title: 'otlp-mmap-collector' } },
  metrics: [
    { key: 'spansPerCoreSecond', title: 'spans a second per core', unit: '' },
    { key: 'cpuMicroseconds', title: 'CPU a span', unit: 'µs' },
    { key: 'idlePercent', title: 'of a core when idle', unit: '%' },
  ],
  expected: [{ arm: 'collector', metric: 'spansPerCoreSecond', of: 'metrics', atLeast: 1_000_000 }],
  settings: { rounds: 5, producers: 2, spansPerSecond: 100_000, seconds: 10, warmUpSeconds: 2, idleSeconds: 5 },
  smoke: { rounds: 1, producers: 2, spansPerSecond: 5000, seconds: 1, warmUpSeconds: 1, idleSeconds: 1 },

  measure(_arm, settings) {
    const { idleSeconds } = settings;
    return withDirectory((directory) =>
      withSink((sink) =>
        withCollector(directory, sink.url, async (collector) => {
          const produce = (seconds) => produceSpans(directory, settings, seconds);
          const cost = await costOfExport(collector, [sink], settings, produce);
          await sleep(1000);
          const idle = collector.cpuSeconds();
          await sleep(idleSeconds * 1000);
          return { ...cost, idlePercent: ((collector.cpuSeconds() - idle) / idleSeconds) * 100 };
        }),
      ),
    );
  },
};
