// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { configFiles } from './config/documents';
import { temporaryFolder } from './fixtures';

// Whoever reads the log as JSON reads every line of standard error, whatever goes wrong.

const APPS = join(__dirname, 'apps');

interface Line {
  time: string;
  level: string;
  message: string;
}

/** Every line that a run wrote, at its end. */
async function linesOf(t: ExecutionContext, run: CommandRun, code: number): Promise<Line[]> {
  t.is(await run.ended(), code, run.stderr);
  const lines = run.stderr.trimEnd().split('\n');
  const read = lines.map((line): Line => JSON.parse(line));
  for (const { time, level } of read) {
    t.false(Number.isNaN(Date.parse(time)));
    t.true(['error', 'warn', 'info', 'debug'].includes(level));
  }
  return read;
}

const messagesOf = (lines: readonly Line[], wanted: string) =>
  lines.filter(({ level }) => level === wanted).map(({ message }) => message);

for (const trace of ['0', '1']) {
  test(`the panic of a reader thread is in the log, with its place and not beside it, with RUST_BACKTRACE=${trace}`, async (t) => {
    const directory = temporaryFolder(t);
    const output = temporaryFolder(t);
    const app = new AppRun(t, directory, 'shop');
    await app.tell('spans 5');
    const run = new CommandRun(t, ['--dir', directory, '--output', output, '--log-format', 'json'], {
      NODE_OPTIONS: `--require ${join(APPS, 'fails-at.cjs')}`,
      FAILS_AT: 'handing over,0,panic',
      RUST_BACKTRACE: trace,
    });
    const errors = messagesOf(await linesOf(t, run, 1), 'error');
    t.regex(errors[0], /^the reader thread failed at \S+\.rs:\d+:\d+/);
    t.is(errors[0].includes('\n'), trace === '1');
    t.regex(errors[1], /^the reader thread ended: a fault of this program \(fail point handing over\)/);
  });
}

test('what Node.js warns of and what nobody catches are in the log', async (t) => {
  const run = new CommandRun(t, ['--dir', temporaryFolder(t), '--exporter', 'debug', '--log-format', 'json'], {
    NODE_OPTIONS: `--require ${join(APPS, 'faults.cjs')}`,
  });
  await run.says(/reads .*; exports to debug/);
  run.child.kill('SIGUSR2');
  const lines = await linesOf(t, run, 1);
  t.deepEqual(messagesOf(lines, 'warn'), ['TestWarning: mind the gap']);
  const [fault] = messagesOf(lines, 'error');
  t.regex(fault, /^a fault of this program \(Error: nobody expects this\n[\s\S]*\): please report it/);
});

test('a configuration that cannot be right, and one that cannot start, are told in the form that was asked for', async (t) => {
  const wrong = 'exporters: { dbug: }\nservice: { pipelines: { traces: { receivers: [mmap], exporters: [debug] } } }';
  const asked = new CommandRun(t, ['--config', ...configFiles(t, wrong), '--log-format', 'json']);
  const mistakes = messagesOf(await linesOf(t, asked, 78), 'error');
  t.true(
    mistakes.some((message) => /exporters\.dbug/.test(message)),
    mistakes.join('\n'),
  );

  const unwritable = `
receivers: { mmap: }
exporters: { file: { directory: "${__filename}/x" } }
service:
  telemetry: { logs: { encoding: json }, metrics: { level: none } }
  pipelines: { traces: { receivers: [mmap], exporters: [file] } }
`;
  const configured = new CommandRun(t, ['--config', ...configFiles(t, unwritable)]);
  const [message] = messagesOf(await linesOf(t, configured, 78), 'error');
  t.regex(message, /^exporters\.file: cannot write to /);
});
