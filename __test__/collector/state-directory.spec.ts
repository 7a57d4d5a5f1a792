// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { configFiles } from './config/documents';
import { temporaryFolder } from './fixtures';
import { Ledger } from './ledger';
import { Sink } from './sink';

/** A destination with a ledger; `down` refuses everything until further notice. */
async function destination(t: ExecutionContext) {
  const ledger = new Ledger();
  const state = { down: false };
  const sink = await Sink.start(({ body }, response) => {
    response.statusCode = state.down ? 503 : 200;
    if (!state.down) ledger.take('traces', body, 1);
    response.end();
  });
  t.teardown(() => sink.close());
  const arrive = async (count: number) => {
    while (ledger.spans.entries.size < count) await sink.arrived(sink.requests.length + 1);
  };
  return { ledger, state, sink, arrive };
}

/** Runs a command where a folder is on a read-only file system: in a mount namespace of its own. */
const readOnly = (folder: string) => [
  'unshare',
  '-rm',
  'sh',
  '-c',
  'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"',
  folder,
];

test('a state directory on a read-only file system: an end with its name, or a warning where nobody chose it', async (t) => {
  const [directory, home] = [temporaryFolder(t), temporaryFolder(t)];
  if (spawnSync('unshare', ['-rm', 'mount', '--bind', home, home]).status !== 0) {
    t.log('nothing was tried: the system lets nobody make a mount namespace');
    t.pass();
    return;
  }
  const { sink, arrive, ledger } = await destination(t);
  const args = ['--dir', directory, '--endpoint', sink.url];
  const chosen = new CommandRun(t, [...args, '--storage', home], {}, readOnly(home));
  t.is(await chosen.ended(), 1);
  t.true(chosen.stderr.includes(home), chosen.stderr);
  t.regex(chosen.stderr, /[Rr]ead-only file system/);
  const lenient = new CommandRun(t, args, { XDG_STATE_HOME: home }, readOnly(home));
  await lenient.says(/reading without a journal/);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 3');
  await arrive(3);
  await app.kill('SIGTERM');
  t.is(await lenient.stop(), 0, lenient.stderr);
  t.is(ledger.spans.entries.size, 3);
  t.deepEqual(readdirSync(home), []);
});

test('a state directory that vanishes while it is used is told of, made again, and keeps what is open', async (t) => {
  const [directory, home] = [temporaryFolder(t), temporaryFolder(t)];
  const { sink, arrive, ledger } = await destination(t);
  const args = ['--dir', directory, '--endpoint', sink.url, '--storage', home];
  const app = new AppRun(t, directory, 'shop');
  await app.tell('open 2');
  await app.tell('spans 3');
  const first = new CommandRun(t, args);
  await arrive(3);
  rmSync(join(home, 'mmap'), { recursive: true });
  await first.says(/were removed or cut off; it goes on in new ones/);
  await app.tell('spans 4');
  await arrive(7);
  first.child.kill('SIGKILL');
  await first.ended();
  await app.kill('SIGKILL');
  const second = new CommandRun(t, args);
  await arrive(9);
  t.is([...ledger.spans.entries.values()].filter(({ text }) => text.includes('otlp_mmap.incomplete')).length, 2);
  t.is(await second.stop(), 0, second.stderr);
});

test('what the journal holds, gives up and sends again is in the metrics of the collector', async (t) => {
  const [directory, home] = [temporaryFolder(t), temporaryFolder(t)];
  const { sink, state, arrive } = await destination(t);
  const [path] = configFiles(
    t,
    `
receivers: { mmap: { include: [${directory}] } }
exporters: { otlphttp: { endpoint: "${sink.url}", compression: none } }
service:
  storage: { directory: ${home} }
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }] } }
  pipelines: { traces: { receivers: [mmap], exporters: [otlphttp] } }
`,
  );
  const until = async (run: CommandRun, metric: string, value: number) => {
    const url = await run.urlOf('service.telemetry');
    const line = new RegExp(`^otelcol_${metric}{[^}]*receiver="mmap"[^}]*} ${value}$`, 'm');
    let text = '';
    while (!line.test(text)) text = await (await fetch(url)).text();
    return text;
  };
  state.down = true;
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 5');
  const killed = new CommandRun(t, ['--config', path]);
  await killed.says(/ reads /);
  const text = await until(killed, 'receiver_journal_pending_items', 5);
  for (const metric of ['segments', 'bytes', 'oldest_age', 'transactions', 'written_bytes', 'pending_bytes']) {
    t.regex(text, new RegExp(`^otelcol_receiver_journal_${metric}{[^}]*} [1-9]|_age{[^}]*} 0\\.`, 'm'));
  }
  t.regex(text, /^otelcol_receiver_journal_refusing{receiver="mmap"} 0$/m);
  killed.child.kill('SIGKILL');
  await killed.ended();
  state.down = false;
  const next = new CommandRun(t, ['--config', path]);
  await arrive(5);
  await until(next, 'receiver_journal_found_items', 5);
  await until(next, 'receiver_journal_replayed_items', 5);
  await until(next, 'receiver_journal_pending_bytes', 0);
  await app.kill('SIGTERM');
  t.is(await next.stop(), 0, next.stderr);
});
