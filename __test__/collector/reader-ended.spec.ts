// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { Ledger } from './ledger';
import { Sink } from './sink';

// The reader thread panics while the rest of the process lives: that must never look like a quiet machine.

const PRELOAD = join(__dirname, 'apps', 'fails-at.cjs');

const configuration = (directory: string, url: string, storage: string) => `
receivers: { mmap: { include: [${directory}] } }
processors: { batch: { timeout: 5ms } }
exporters: { otlphttp: { endpoint: "${url}/\${env:LIFE}", compression: none } }
extensions: { health_check: { endpoint: "127.0.0.1:0" } }
service:
  storage: ${storage}
  shutdown_timeout: 3s
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [mmap], processors: [batch], exporters: [otlphttp] } }
`;

/** A destination that notes what it takes and, from the first life, does not answer until `release` is called. */
async function destination(t: ExecutionContext) {
  const ledger = new Ledger();
  const held: (() => void)[] = [];
  const sink = await Sink.start(({ path, body }, response) => {
    const life = Number(path.split('/')[1]);
    const answer = () => {
      ledger.take('traces', body, life);
      response.end();
    };
    if (life === 1) held.push(answer);
    else answer();
  });
  t.teardown(() => sink.close());
  const arrive = async (spans: number) => {
    while (ledger.spans.entries.size < spans) await sink.arrived(sink.requests.length + 1);
  };
  const release = () => {
    for (const answer of held.splice(0)) answer();
  };
  return { ledger, sink, arrive, release };
}

for (const [name, withJournal, isReleased] of [
  ['with a journal', true, true],
  ['without a journal', false, true],
  ['with a destination that never answers', true, false],
] as const) {
  test(`a reader thread that dies ends the process with a message, and the next one has everything: ${name}`, async (t) => {
    const { ledger, sink, arrive, release } = await destination(t);
    const directory = temporaryFolder(t);
    const config = join(temporaryFolder(t), 'config.yaml');
    const storage = withJournal ? `{ directory: ${temporaryFolder(t)} }` : 'none';
    writeFileSync(config, configuration(directory, sink.url, storage));
    const app = new AppRun(t, directory, 'shop');
    await app.tell('spans 50');
    const ending = new CommandRun(t, ['--config', config], {
      LIFE: '1',
      NODE_OPTIONS: `--require ${PRELOAD}`,
      FAILS_AT: 'handing over,1,panic',
    });
    const health = await ending.urlOf('health_check');
    await sink.arrived(1);
    t.is((await fetch(health)).status, 200);
    await app.tell('spans 30');
    await ending.says(/ error the reader thread ended: /);
    const answer = await fetch(health);
    t.is(answer.status, 503);
    t.regex(await answer.text(), /"the reader thread ended: a fault of this program \(fail point handing over\)/);
    if (isReleased) release();
    t.is(await ending.ended(), 1);
    t.is(ending.stderr.match(/the reader thread ended/g)?.length, 1, 'it is told once');
    t.regex(ending.stderr, / error .*please report it; the next collector goes on where this one was\n/);
    if (!isReleased) t.regex(ending.stderr, /otlphttp \S+ did not take 50 spans within 3000 ms/);

    const next = new CommandRun(t, ['--config', config], { LIFE: '2' });
    await app.tell('spans 20');
    await arrive(100);
    await app.kill('SIGTERM');
    t.is(await next.stop(), 0, next.stderr);
    t.is(ledger.spans.entries.size, 100);
    t.deepEqual(ledger.faults, [], 'what comes twice is the same, and comes from another collector');
  });
}

test('a reader thread that stands still is told to whoever asks, and the next collector has everything', async (t) => {
  const { ledger, sink, arrive, release } = await destination(t);
  const directory = temporaryFolder(t);
  const config = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(config, configuration(directory, sink.url, `{ directory: ${temporaryFolder(t)} }`));
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 50');
  const stuck = new CommandRun(t, ['--config', config], {
    LIFE: '1',
    NODE_OPTIONS: `--require ${PRELOAD}`,
    FAILS_AT: 'handing over,1,hang',
  });
  const health = await stuck.urlOf('health_check');
  await sink.arrived(1);
  release();
  await app.tell('spans 30');
  let answer = await fetch(health);
  // A probe asks now and then.
  while (answer.status === 200) {
    await setTimeout(100);
    answer = await fetch(health);
  }
  t.is(answer.status, 503);
  t.regex(await answer.text(), /"error":"the reader thread of mmap has not come round for \d{4} ms"/);
  stuck.child.kill('SIGTERM');
  t.is(await stuck.ended(), 1);
  t.regex(stuck.stderr, / error the files were not read to their end within 3000 ms/);

  const next = new CommandRun(t, ['--config', config], { LIFE: '2' });
  await arrive(80);
  await app.kill('SIGTERM');
  t.is(await next.stop(), 0, next.stderr);
  t.is(ledger.spans.entries.size, 80);
  t.deepEqual(ledger.faults, []);
});
