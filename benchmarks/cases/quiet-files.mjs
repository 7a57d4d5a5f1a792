// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { withChild, withCollector, withDirectory, withDirectoryOnDisk, withSink } from '../processes.mjs';

const ARMS = { none: { title: 'no file', share: 0 }, quiet: { title: 'all files quiet', share: 1 } };

export default {
  title: 'The collector at rest',
  description: `A hundred producers live and have nothing to say: each has a file of the default size whose records are exported and acknowledged. CPU is that of the collector's
process, all threads, as a share of one core. Its memory is the resident set at the end
of the measurement, and by kind: \`anonymous\` (RssAnon of /proc), \`of files\` (RssFile: most of it the program of Node.js, which the system can take back),
and \`shared\` (RssShmem), the apps' files in a memory file system, as far as the collector has them in its page table: these pages are
charged once, to who touched them first, the apps.`,
  arms: ARMS,
  metrics: [
    { key: 'cpuPercent', title: 'CPU', unit: '% of a core' },
    { key: 'residentMegabytes', title: 'memory', unit: 'MiB' },
    { key: 'anonymousMegabytes', title: 'anonymous', unit: 'MiB' },
    { key: 'fileMegabytes', title: 'of files', unit: 'MiB' },
    { key: 'sharedMegabytes', title: 'shared', unit: 'MiB' },
  ],
  expected: [
    { arm: 'quiet', metric: 'cpuPercent', of: 'metrics', atMost: 0.5 },
    { arm: 'quiet', metric: 'residentMegabytes', of: 'metrics', atMost: 80 },
  ],
  settings: { rounds: 3, files: 100, settleSeconds: 10, seconds: 20 },
  smoke: { rounds: 1, files: 3, settleSeconds: 0, seconds: 1 },

  measure(arm, settings) {
    const files = settings.files * ARMS[arm].share;
    return withDirectoryOnDisk((state) =>
      withDirectory((directory) =>
        withSink((sink) => {
          const measure = (collector) =>
            withChild('quiet-app.mjs', { directory, files }, (app) => rest(collector, app, sink, settings));
          return withCollector(directory, sink.url, measure, state);
        }),
      ),
    );
  },
};

async function rest(collector, app, sink, { settleSeconds, seconds }) {
  const { made } = await app.answer((answer) => answer.made !== undefined);
  const { spans } = await sink.received(made);
  if (spans !== made)
    throw new Error(`${spans} spans were received of ${made}: the files are not those that were meant`);
  await wait(settleSeconds * 1000);
  const [cpu, begin] = [collector.cpuSeconds(), performance.now()];
  await wait(seconds * 1000);
  const cpuPercent = ((collector.cpuSeconds() - cpu) / (performance.now() - begin)) * 100_000;
  const [anonymousMegabytes, fileMegabytes, sharedMegabytes] = memoryByKind(collector.pid);
  const residentMegabytes = anonymousMegabytes + fileMegabytes + sharedMegabytes;
  return { cpuPercent, residentMegabytes, anonymousMegabytes, fileMegabytes, sharedMegabytes };
}

/** Of private pages, of files, and of shared memory. */
function memoryByKind(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return ['RssAnon', 'RssFile', 'RssShmem'].map(
    (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024,
  );
}
