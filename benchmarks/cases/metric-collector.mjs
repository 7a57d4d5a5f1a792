// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { withChild, withCollector, withDirectory, withDirectoryOnDisk, withSink } from '../processes.mjs';

/** Milliseconds for one collection. */
const PATIENCE = 300_000;

export default {
  title: 'The collector, many series to OTLP/HTTP',
  description: `An app has counters with three attributes; one collector reads them from its file and exports them (cumulative) through \`otlphttp\` to a sink on the
same machine, which has to receive every point, once a collection. CPU is that of the collector's process, all threads, after forty million
points, since Node.js compiles what runs often until then. Its memory is what is its own at most (RssAnon of /proc: heap, buffers and stacks, neither mapped files nor the program's text) beyond what it had before there
was a file, which is the last column: Node.js' own. With a journal, the points are written to a folder on disk first.`,
  arms: {
    million: { title: '1,000,000 series' },
    millionJournal: { title: '1,000,000 series, journal' },
    tenMillion: { title: '10,000,000 series' },
  },
  metrics: [
    { key: 'cpuNanoseconds', title: 'CPU a point', unit: 'ns' },
    { key: 'greatestMegabytes', title: 'memory at most', unit: 'MB' },
    { key: 'seconds', title: 'a collection', unit: 's' },
    { key: 'restingMegabytes', title: 'memory before', unit: 'MB' },
  ],
  expected: [
    ...['million', 'tenMillion'].map((arm) => ({ arm, metric: 'cpuNanoseconds', of: 'metrics', atMost: 150 })),
    ...['million', 'millionJournal', 'tenMillion'].map((arm) => ({
      arm,
      metric: 'greatestMegabytes',
      of: 'metrics',
      atMost: 67,
    })),
  ],
  settings: { rounds: 2, warmUpPoints: 40_000_000, points: 20_000_000, share: 1 },
  smoke: { rounds: 1, warmUpPoints: 1, points: 2000, share: 0.001 },

  measure(arm, { warmUpPoints, points, share }) {
    const series = (arm === 'tenMillion' ? 10_000_000 : 1_000_000) * share;
    const inFolder = arm === 'millionJournal' ? withDirectoryOnDisk : (use) => use('none');
    return inFolder((storage) =>
      withDirectory((directory) =>
        withSink((sink) =>
          withCollector(
            directory,
            sink.url,
            (collector) => {
              const resting = ownMegabytes(collector.pid);
              const settings = { directory, series, instrument: 'counter', arm: 'provider' };
              return withChild('series-app.mjs', settings, (app) =>
                measureCollections({ collector, sink, app, series, resting, warmUpPoints, points }),
              );
            },
            storage,
          ),
        ),
      ),
    );
  },
};

async function measureCollections({ collector, sink, app, series, resting, warmUpPoints, points }) {
  await app.answer(({ made }) => made === series);
  let greatest = 0;
  const watch = setInterval(() => {
    greatest = Math.max(greatest, ownMegabytes(collector.pid));
  }, 20);
  const warmUps = Math.ceil(warmUpPoints / series);
  const collections = Math.ceil(points / series);
  for (let done = 1; done <= warmUps; done++) await collect(app, sink, done * series);
  const cpu = collector.cpuSeconds();
  const begin = performance.now();
  for (let done = 1; done <= collections; done++) await collect(app, sink, (warmUps + done) * series);
  const seconds = (performance.now() - begin) / 1_000 / collections;
  clearInterval(watch);
  return {
    cpuNanoseconds: ((collector.cpuSeconds() - cpu) * 1e9) / (collections * series),
    greatestMegabytes: greatest - resting,
    seconds,
    restingMegabytes: resting,
  };
}

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
