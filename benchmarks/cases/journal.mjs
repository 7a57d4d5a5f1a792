// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyWorkload } from '../exported.mjs';
import { runApp, withCollector, withDirectory, withSink } from '../processes.mjs';

const ROOT = join(import.meta.dirname, '../..');
const ARM = 'provider';
/** As for the collector's own table: what is measured is the collector, not how soon a ring is full. */
const GEOMETRY = { spansBuffers: 131_072, spansBufferSize: 512 };

export default {
  title: 'What the journal costs',
  description: `The load of the collector's table, read by a collector with and without a journal (in a folder on disk); and the core alone: \`cargo bench
--bench journal\` commits pieces of 2,048 spans until 1 GiB waits, and opens that journal again.`,
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
    { key: 'replayMegabytes', title: 'read back a second', unit: 'MB' },
  ],
  expected: [
    { arm: 'journal', metric: 'spansPerCoreSecond', of: 'ratios', atLeast: 0.8 },
    { arm: 'core', metric: 'openSeconds', of: 'metrics', atMost: 2 },
  ],
  settings: { rounds: 3, producers: 2, spansPerSecond: 100_000, seconds: 10, warmUpSeconds: 2, gigabytes: 1 },
  smoke: { rounds: 1, producers: 1, spansPerSecond: 5000, seconds: 1, warmUpSeconds: 1, gigabytes: 0.05 },

  prepare: () => cargo('--no-run'),
  measure: (arm, settings) => (arm === 'core' ? core(settings) : collector(arm, settings)),
};

function core({ gigabytes }) {
  const measured = JSON.parse(cargo('--', '--gigabytes', String(gigabytes)));
  return {
    cpuMicroseconds: measured.flowingNanosPerSpan / 1000,
    bytesPerSpan: measured.bytesPerSpan,
    openSeconds: measured.openSeconds,
    replayMegabytes: measured.replayBytesPerSecond / 1e6,
  };
}

async function collector(arm, { producers, spansPerSecond, seconds, warmUpSeconds }) {
  const state = await mkdtemp(join(tmpdir(), 'otlp-mmap-journal-'));
  try {
    return await withDirectory((directory) =>
      withSink((sink) =>
        withCollector(
          directory,
          sink.url,
          async ({ cpuSeconds }) => {
            let made = 0;
            let counts;
            const produce = async (seconds) => {
              const settings = { directory, geometry: GEOMETRY, spansPerSecond, seconds, warmUpSeconds: 0 };
              const results = await Promise.all(
                Array.from({ length: producers }, () => runApp('paced', ARM, settings)),
              );
              for (const result of results) made += result.made;
              counts = await sink.received(made);
            };
            await produce(warmUpSeconds);
            const before = { made, cpu: cpuSeconds() };
            await produce(seconds);
            const cpu = cpuSeconds() - before.cpu;
            verifyWorkload(ARM, { made, counts });
            const spans = made - before.made;
            return { spansPerCoreSecond: spans / cpu, cpuMicroseconds: (cpu / spans) * 1e6 };
          },
          arm === 'journal' ? state : 'none',
        ),
      ),
    );
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

function cargo(...args) {
  const command = ['bench', '--quiet', '--package', 'otlp-mmap', '--bench', 'journal', ...args];
  const { status, stdout, stderr } = spawnSync('cargo', command, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cargo bench failed:\n${stderr}`);
  return stdout;
}
