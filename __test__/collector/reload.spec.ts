// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { freePort } from './free-port';

// Signals at moments that nobody plans, and reloads of what listens on a port.

const quiet = (directory: string) => `
receivers: { mmap: { include: [${directory}] } }
exporters: { debug: }
service:
  storage: none
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [mmap], exporters: [debug] } }
`;

/** A run that is in the middle of its start: it reads its configuration, which comes when the test writes it, each time. */
async function starting(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const path = join(folder, 'config.yaml');
  execFileSync('mkfifo', [path]);
  const run = new CommandRun(t, ['--config', path]);
  // Opens when the other side does.
  const write = async () => {
    const pipe = await open(path, 'w');
    return async () => {
      await pipe.writeFile(quiet(folder));
      await pipe.close();
    };
  };
  return { run, write };
}

test('SIGHUP and SIGUSR1 while a collector starts have their effect when it has, and do not end it', async (t) => {
  const { run, write } = await starting(t);
  const goOn = await write();
  run.child.kill('SIGHUP');
  run.child.kill('SIGUSR1');
  await goOn();
  // It has started, and reads its configuration again.
  await run.says(/reads .*; exports to debug/);
  await (await write())();
  await run.says(/SIGHUP: the new configuration is in force/);
  await run.says(/SIGUSR1: sending what waits/);
  t.is(await run.stop(), 0, run.stderr);
});

test('SIGTERM while a collector starts is an orderly end', async (t) => {
  const { run, write } = await starting(t);
  const goOn = await write();
  run.child.kill('SIGTERM');
  await goOn();
  t.is(await run.ended(), 0, run.stderr);
  t.regex(run.stderr, /SIGTERM: delivering what is left/);
});

test('SIGTERM in the middle of a reload is an orderly end, of receivers that the new configuration begins as well', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'config.yaml');
  const token = join(folder, 'token');
  execFileSync('mkfifo', [token]);
  await writeFile(path, quiet(folder));
  const run = new CommandRun(t, ['--config', path]);
  await run.says(/exports to debug/);
  await writeFile(
    path,
    JSON.stringify({
      receivers: { mmap: { include: [folder] }, 'mmap/other': { include: [join(folder, 'other')] } },
      exporters: { otlphttp: { endpoint: 'http://localhost:1', bearer_token_file: token } },
      service: {
        storage: 'none',
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['mmap', 'mmap/other'], exporters: ['otlphttp'] } },
      },
    }),
  );
  run.child.kill('SIGHUP');
  // Opens when the other side does: the exporter is about to start.
  const pipe = await open(token, 'w');
  run.child.kill('SIGTERM');
  await run.says(/SIGTERM: delivering what is left/);
  run.child.kill('SIGHUP');
  await pipe.writeFile('secret');
  await pipe.close();
  t.is(await run.ended(), 0, run.stderr);
  t.regex(run.stderr, /the configuration before stays in force/, 'the second reload came too late');
});

test('what a reload cannot change is told', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'config.yaml');
  const write = (receiver: object, storage: unknown) =>
    writeFile(
      path,
      JSON.stringify({
        receivers: { mmap: { include: [folder], ...receiver } },
        exporters: { debug: {} },
        service: {
          storage,
          telemetry: { metrics: { level: 'none' } },
          pipelines: { metrics: { receivers: ['mmap'], exporters: ['debug'] } },
        },
      }),
    );
  await write({ collection_interval: '1s' }, 'none');
  const run = new CommandRun(t, ['--config', path]);
  await run.says(/exports to debug/);
  await run.reload();
  t.notRegex(run.stderr, / warn /);
  await write({ collection_interval: '2s', max_points: 5 }, { directory: join(folder, 'state') });
  await run.reload();
  const told = [...run.stderr.matchAll(/ warn +(\S+): the change takes effect at the next start/g)].map(
    ([, key]) => key,
  );
  t.deepEqual(told.sort(), ['receivers.mmap.collection_interval', 'receivers.mmap.max_points', 'service.storage']);
  t.is(await run.stop(), 0, run.stderr);
});

test('an exporter that listens is configured otherwise on its port; what cannot start changes nothing', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'config.yaml');
  const port = await freePort();
  const write = (prometheus: object, file: object) =>
    writeFile(
      path,
      JSON.stringify({
        receivers: { mmap: { include: [folder] } },
        exporters: { prometheus: { endpoint: `127.0.0.1:${port}`, include: [folder], ...prometheus }, file },
        service: {
          storage: 'none',
          telemetry: { metrics: { level: 'none' } },
          pipelines: { metrics: { receivers: ['mmap'], exporters: ['prometheus', 'file'] } },
        },
      }),
    );
  const status = async (page: string) => (await fetch(`http://127.0.0.1:${port}${page}`)).status;
  await write({}, { path: join(folder, 'one.jsonl') });
  const run = new CommandRun(t, ['--config', path]);
  await run.says(/exports to prometheus on/);
  t.is(await status('/metrics'), 200);
  await write({ path: '/other' }, { path: join(folder, 'one.jsonl') });
  await run.reload();
  t.deepEqual([await status('/metrics'), await status('/other')], [404, 200]);

  await write({ path: '/third' }, { path: join(__filename, 'two.jsonl') });
  run.child.kill('SIGHUP');
  await run.says(/exporters\.file: cannot write to .*\n.*SIGHUP: the configuration before stays in force/);
  t.deepEqual([await status('/third'), await status('/other')], [404, 200]);
  t.is(await run.stop(), 0, run.stderr);
});
