// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from 'node:timers/promises';
import { verifyWorkload } from '../exported.mjs';
import { runApp, withCollector, withDirectory, withSink } from '../processes.mjs';

const ARM = 'provider';
/** Room for a third of a second at the rate below: what is measured is the collector, not how soon a ring of the default size is full. */
const GEOMETRY = { spansBuffers: 131_072, spansBufferSize: 512 };

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

  measure(_arm, { producers, spansPerSecond, seconds, warmUpSeconds, idleSeconds }) {
    return withDirectory((directory) =>
      withSink((sink) =>
        withCollector(directory, sink.url, async ({ cpuSeconds }) => {
          let made = 0;
          let counts;
          const produce = async (seconds) => {
            const settings = { directory, geometry: GEOMETRY, spansPerSecond, seconds, warmUpSeconds: 0 };
            const results = await Promise.all(Array.from({ length: producers }, () => runApp('paced', ARM, settings)));
            for (const result of results) made += result.made;
            counts = await sink.received(made);
          };
          await produce(warmUpSeconds);
          const before = { made, cpu: cpuSeconds() };
          await produce(seconds);
          const cpu = cpuSeconds() - before.cpu;
          verifyWorkload(ARM, { made, counts });

          await sleep(1000);
          const idle = cpuSeconds();
          await sleep(idleSeconds * 1000);
          const spans = made - before.made;
          return {
            spansPerCoreSecond: spans / cpu,
            cpuMicroseconds: (cpu / spans) * 1e6,
            idlePercent: ((cpuSeconds() - idle) / idleSeconds) * 100,
          };
        }),
      ),
    );
  },
};
