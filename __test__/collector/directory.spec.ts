// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { exportedSpans, temporaryFolder, type WholeSpan } from './fixtures';
import { Sink } from './sink';

/** The distinct spans that the sink has. */
function spansOf(sink: Sink): WholeSpan[] {
  const lines = sink.requests.map(({ body }) => loadBinding().requestToJson('traces', body));
  return [...exportedSpans(lines.join('\n')).values()];
}

async function spansArrive(sink: Sink, count: number): Promise<WholeSpan[]> {
  for (let requests = 1; ; requests++) {
    await sink.arrived(requests);
    const spans = spansOf(sink);
    if (spans.length >= count) return spans;
  }
}

const isIncomplete = ({ attributes }: WholeSpan) =>
  attributes.some((attribute) => (attribute as { key: string }).key === 'otlp_mmap.incomplete');

test('all that a killed app recorded is exported, open spans marked, and its file is removed', async (t) => {
  const directory = join(temporaryFolder(t), 'made-by-the-app');
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const collector = new CommandRun(t, ['-v', '--dir', directory, '--endpoint', sink.url]);
  await collector.says(/ reads /);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 1000');
  await app.tell('open 10');
  await app.kill('SIGKILL');

  const spans = await spansArrive(sink, 1010);
  t.is(spans.length, 1010);
  const open = spans.filter(isIncomplete);
  t.is(open.length, 10);
  t.true(open.every(({ events }) => events.length === 1));
  t.true(spans.every(({ resource }) => JSON.stringify(resource).includes('"shop"')));
  await collector.says(/removed /);
  t.deepEqual(readdirSync(directory), []);
  t.is(await collector.stop(), 0);
  t.regex(collector.stderr, /spans exported=1010 incomplete=10 dropped=0 failed=0\n$/);
});

test('forceFlush of an app resolves when the destination has its spans', async (t) => {
  const directory = temporaryFolder(t);
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const collector = new CommandRun(t, ['--dir', directory, '--endpoint', sink.url]);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 3');
  await collector.says(/reading .*\.mmap/);
  await app.tell('flush');
  t.is(spansOf(sink).length, 3);
  await app.kill('SIGKILL');
  t.is(await collector.stop(), 0);
});

test('several apps share a folder, and a spoilt file in it harms none of them', async (t) => {
  const directory = temporaryFolder(t);
  writeFileSync(join(directory, 'spoilt.mmap'), 'dear diary\n'.repeat(1000));
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const collector = new CommandRun(t, ['--dir', directory, '--endpoint', sink.url]);
  const apps = ['one', 'two', 'three'].map((name) => new AppRun(t, directory, name));
  await Promise.all(apps.map((app) => app.tell('spans 500')));
  const spans = await spansArrive(sink, 1500);
  t.is(new Set(spans.map(({ resource }) => JSON.stringify(resource))).size, 3);
  t.regex(collector.stderr, /warn .*spoilt\.mmap/);
  t.is(await collector.stop(), 0);
  t.true(readdirSync(directory).includes('spoilt.mmap'), 'what is not ours is not removed');
});

test('a collector killed under load is followed by another, and no ended span is lost', async (t) => {
  const directory = temporaryFolder(t);
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const args = ['--dir', directory, '--endpoint', sink.url];
  const app = new AppRun(t, directory, 'shop');
  for (let round = 0; round < 5; round++) {
    await app.tell('spans 100');
    const collector = new CommandRun(t, args);
    // One batch is acknowledged, or about to be; another one is on its way when the collector dies.
    for (let batch = 0; batch < 2; batch++) {
      const seen = sink.requests.length;
      await app.tell('spans 100');
      await sink.arrived(seen + 1);
    }
    collector.child.kill('SIGKILL');
    await collector.ended();
  }
  await app.kill('SIGKILL');
  const last = new CommandRun(t, args);
  t.is(await last.stop(), 0, last.stderr);
  t.is(spansOf(sink).length, 1500);
  t.regex(last.stderr, /dropped=0 failed=0\n$/);
});

test('the collector does not record itself when NODE_OPTIONS names the hook for every process', async (t) => {
  const directory = temporaryFolder(t);
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const settings = {
    NODE_OPTIONS: `--import ${join(__dirname, '..', '..', 'register.mjs')}`,
    OTLP_MMAP_DIR: directory,
  };
  const collector = new CommandRun(t, ['--endpoint', sink.url], settings);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 5');
  await spansArrive(sink, 5);
  await app.kill('SIGKILL');
  t.is(await collector.stop(), 0, collector.stderr);
  t.is(spansOf(sink).length, 5, 'the requests to the sink made no spans');
  t.deepEqual(
    readdirSync(directory).filter((name) => !name.startsWith('shop.')),
    [],
  );
});

test('a folder that cannot be read is told by name, and the others are read', async (t) => {
  const folder = temporaryFolder(t);
  const directory = join(folder, 'good');
  mkdirSync(directory);
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const collector = new CommandRun(t, ['--dir', __filename, '--dir', directory, '--endpoint', sink.url]);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 5');
  await spansArrive(sink, 5);
  t.is(await collector.stop(), 0);
  t.regex(collector.stderr, /cannot read the folder .*directory\.spec\.ts/);
});
