// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { withChild, withCollector, withDirectory, withDirectoryOnDisk, withSink } from '../processes.mjs';

const ARMS = { none: { title: 'no file', share: 0 }, quiet: { title: 'all files quiet', share: 1 } };

/** CPU in a second below which the threads of Node.js rest. */
const MILLISECONDS_AT_REST = 0.5;

export default {
  title: 'The collector at rest',
  description: `A hundred producers live and have nothing to say: each has a file of the default size whose records are exported and acknowledged. CPU is that of the collector's
process, all threads, as a share of one core, by the scheduler's nanoseconds; \`reader\` is the share of the thread that looks at the
files. It is measured once nothing is left to do of that export: V8 goes on collecting garbage of it for some twenty seconds, with pauses of eight. Its memory is the resident set at the end
of the measurement, and by kind: \`anonymous\` (RssAnon of /proc), \`of files\` (RssFile: most of it the program of Node.js, which the system can take back),
and \`shared\` (RssShmem), the apps' files in a memory file system, as far as the collector has them in its page table: these pages are
charged once, to who touched them first, the apps.`,
  arms: ARMS,
  metrics: [
    { key: 'cpuPercent', title: 'CPU', unit: '% of a core' },
    { key: 'readerPercent', title: 'reader', unit: '% of a core' },
    { key: 'residentMegabytes', title: 'memory', unit: 'MiB' },
    { key: 'anonymousMegabytes', title: 'anonymous', unit: 'MiB' },
    { key: 'fileMegabytes', title: 'of files', unit: 'MiB' },
    { key: 'sharedMegabytes', title: 'shared', unit: 'MiB' },
  ],
  expected: [
    { arm: 'quiet', metric: 'cpuPercent', of: 'metrics', atMost: 0.5 },
    { arm: 'quiet', metric: 'residentMegabytes', of: 'metrics', atMost: 80 },
  ],
  settings: { rounds: 3, files: 100, settleSeconds: 40, restSeconds: 10, seconds: 10 },
  smoke: { rounds: 1, files: 3, settleSeconds: 0, restSeconds: 0, seconds: 1 },

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

async function rest(collector, app, sink, settings) {
  const { made } = await app.answer((answer) => answer.made !== undefined);
  const { spans } = await sink.received(made);
  if (spans !== made)
    throw new Error(`${spans} spans were received of ${made}: the files are not those that were meant`);
  await settle(collector, settings);
  const [before, begin] = [collector.cpuMillisecondsByThread(), performance.now()];
  await wait(settings.seconds * 1000);
  const [after, milliseconds] = [collector.cpuMillisecondsByThread(), performance.now() - begin];
  const reader = readerThread(collector.pid);
  const cpuPercent = (spent(before, after) / milliseconds) * 100;
  const readerPercent = ((after.get(reader) - before.get(reader)) / milliseconds) * 100;
  const [anonymousMegabytes, fileMegabytes, sharedMegabytes] = memoryByKind(collector.pid);
  const residentMegabytes = anonymousMegabytes + fileMegabytes + sharedMegabytes;
  return { cpuPercent, readerPercent, residentMegabytes, anonymousMegabytes, fileMegabytes, sharedMegabytes };
}

/** Waits until V8 has collected what the work before left behind: its threads rest for longer than its pauses are. */
async function settle(collector, { settleSeconds, restSeconds }) {
  const reader = readerThread(collector.pid);
  const withoutReader = () => new Map([...collector.cpuMillisecondsByThread()].filter(([thread]) => thread !== reader));
  const latest = performance.now() + settleSeconds * 1000;
  let before = withoutReader();
  for (let rested = 0; rested < restSeconds && performance.now() < latest; ) {
    await wait(1000);
    const after = withoutReader();
    rested = spent(before, after) < MILLISECONDS_AT_REST ? rested + 1 : 0;
    before = after;
  }
}

/** Milliseconds of CPU between two looks at the threads of a process. */
function spent(before, after) {
  return [...after].reduce((sum, [thread, milliseconds]) => sum + milliseconds - (before.get(thread) ?? 0), 0);
}

/** Id of the thread that looks at the files. */
function readerThread(pid) {
  const name = (thread) => readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
  return readdirSync(`/proc/${pid}/task`).find((thread) => name(thread) === 'otlp-mmap-read');
}

/** Of private pages, of files, and of shared memory. */
function memoryByKind(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return ['RssAnon', 'RssFile', 'RssShmem'].map(
    (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024,
  );
}
