// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { withChild, withCollector, withDirectory, withSink } from '../processes.mjs';

/** Milliseconds for one collection. */
const PATIENCE = 300_000;

export default {
  title: 'The collector, many series to OTLP/HTTP',
  description: `An app has counters with three attributes; one collector reads them from its file and exports them (cumulative) through \`otlphttp\` to a sink on the
same machine, which has to receive every point, once a collection. CPU is that of the collector's process, all threads; its memory what is
its own at most (RssAnon of /proc, so without the mapped file) beyond what it had before there was a file.`,
  arms: {
    million: { title: '1,000,000 series' },
    tenMillion: { title: '10,000,000 series' },
  },
  metrics: [
    { key: 'cpuNanoseconds', title: 'CPU a point', unit: 'ns' },
    { key: 'greatestMegabytes', title: 'memory at most', unit: 'MB' },
    { key: 'seconds', title: 'a collection', unit: 's' },
  ],
  expected: ['million', 'tenMillion'].flatMap((arm) => [
    { arm, metric: 'cpuNanoseconds', of: 'metrics', atMost: 150 },
    { arm, metric: 'greatestMegabytes', of: 'metrics', atMost: 67 },
  ]),
  settings: { rounds: 2, collections: 3, share: 1 },
  smoke: { rounds: 1, collections: 2, share: 0.001 },

  measure(arm, { collections, share }) {
    const series = { million: 1_000_000, tenMillion: 10_000_000 }[arm] * share;
    return withDirectory((directory) =>
      withSink((sink) =>
        withCollector(directory, sink.url, (collector) =>
          withChild('series-app.mjs', { directory, series, instrument: 'counter', arm: 'provider' }, async (app) => {
            const before = ownMegabytes(collector.pid);
            await app.answer(({ made }) => made === series);
            // of the first one the collector's just-in-time compiler has its share
            await collect(app, sink, series);
            let greatest = 0;
            const watch = setInterval(() => {
              greatest = Math.max(greatest, ownMegabytes(collector.pid));
            }, 20);
            const cpu = collector.cpuSeconds();
            const begin = performance.now();
            for (let done = 1; done <= collections; done++) await collect(app, sink, (done + 1) * series);
            const seconds = (performance.now() - begin) / 1_000 / collections;
            clearInterval(watch);
            return {
              cpuNanoseconds: ((collector.cpuSeconds() - cpu) * 1e9) / (collections * series),
              greatestMegabytes: greatest - before,
              seconds,
            };
          }),
        ),
      ),
    );
  },
};

/** Resolves when the sink has as many points in all. */
async function collect(app, sink, total) {
  app.send({});
  const begin = performance.now();
  let counts;
  do counts = await sink.received(total);
  while (counts.points < total && performance.now() - begin < PATIENCE);
  if (counts.points !== total) throw new Error(`${counts.points} points were received of ${total}`);
}

function ownMegabytes(pid) {
  const kilobytes = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1000;
}
