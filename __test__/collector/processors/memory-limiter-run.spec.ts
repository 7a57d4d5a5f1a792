// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppRun } from '../app-run';
import { CommandRun, runCommand } from '../command';
import { configFiles } from '../config/documents';
import { controlGroup, unifiedGroup } from '../control-group';
import { exportedSpans, temporaryFolder } from '../fixtures';
import { Ledger } from '../ledger';
import { Sink } from '../sink';

const HOG = join(__dirname, '..', 'apps', 'hog.cjs');

const configuration = (directory: string, url: string, limit: string) => `
receivers: { mmap: { include: [${directory}] } }
processors:
  batch: { timeout: 5ms }
  memory_limiter: { check_interval: 20ms, ${limit} }
exporters: { otlphttp: { endpoint: "${url}", compression: none } }
service:
  storage: none
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [mmap], processors: [memory_limiter, batch], exporters: [otlphttp] }
    logs: { receivers: [mmap], processors: [batch, memory_limiter], exporters: [otlphttp] }
`;

/** All make the limits 300 MiB and, a fifth below, 240 MiB. */
const LIMITS: [name: string, limit: string, around: (t: ExecutionContext) => string[] | undefined][] = [
  ['in MiB', 'limit_mib: 300', () => []],
  ["as a percentage of its control group's", 'limit_percentage: 50', (t) => controlGroup(t, 600 << 20)],
  ["as a percentage of a control group's of version 2", 'limit_percentage: 50', (t) => unifiedGroup(t, 600 << 20)],
];

for (const [name, limit, around] of LIMITS) {
  test(`above its limit ${name} a collector leaves telemetry in the files, and reads on by itself when there is memory again`, async (t) => {
    const inGroup = around(t);
    if (inGroup === undefined) return;
    const ledger = new Ledger();
    const sink = await Sink.start(({ body }, response) => {
      ledger.take('traces', body, 1);
      response.end();
    });
    t.teardown(() => sink.close());
    const arrive = async (count: number) => {
      while (ledger.spans.entries.size < count) await sink.arrived(sink.requests.length + 1);
    };
    const directory = temporaryFolder(t);
    const config = configFiles(t, configuration(directory, sink.url, limit));
    const run = new CommandRun(t, ['--config', ...config], { NODE_OPTIONS: `--require ${HOG}` }, inGroup);
    await run.says(/ warn {2}memory_limiter is not the first processor of logs: /);
    const app = new AppRun(t, directory, 'shop');
    await app.tell('spans 10');
    await arrive(10);

    run.child.kill('SIGUSR2');
    await run.says(/MiB in use, above the hard limit of 300 MiB; \d+ MiB after a garbage collection/);
    await run.says(/ warn {2}memory_limiter: \d+ MiB in use, above the soft limit of 240 MiB: nothing is taken in/);
    await app.tell('spans 40');
    // By then there were rounds of the reader in which it could have read them.
    await run.says(/(after a garbage collection[\s\S]*){4}/);
    t.is(ledger.spans.entries.size, 10);
    const files = readdirSync(directory).map((name) => join(directory, name));
    const { stdout } = await runCommand(t, ['dump', ...files]);
    t.is(exportedSpans(stdout).size, 40, 'what is not read is in the file');

    run.child.kill('SIGUSR2');
    await run.says(/ info {2}memory_limiter: \d+ MiB in use, back within the limits/);
    await arrive(50);
    t.is(await run.stop(), 0, run.stderr);
    t.deepEqual([ledger.spans.entries.size, ledger.spans.repeated], [50, 0]);
  });
}
