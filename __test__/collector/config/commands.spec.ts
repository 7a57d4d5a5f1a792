// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { CommandRun, runCommand } from '../command';
import { checkSpans } from '../exported-fixture';
import { fixtureFile, temporaryFolder } from '../fixtures';
import { configFiles, documentOf, SOUND } from './documents';

for (const command of ['run', 'validate', 'print-config']) {
  test(`${command}: a wrong configuration ends with exit code 78 and every mistake on a line of its own`, async (t) => {
    const [path] = configFiles(t, SOUND.replace('batch:\n', 'batch:\n    timout: 1s\n').replace('[debug]', '[dbug]'));
    const { code, stdout, stderr } = await runCommand(t, [command, '--config', path]);
    t.is(code, 78);
    t.is(stdout, '');
    t.deepEqual(
      stderr.split('\n').map((line) => line.replace(path, 'FILE')),
      [
        "otlp-mmap-collector: FILE:5: processors.batch.timout: is not known here; did you mean 'timeout'?",
        "otlp-mmap-collector: FILE:10: service.pipelines.traces.exporters[0]: 'dbug' is not configured under exporters; did you mean 'debug'?",
        '',
      ],
    );
  });
}

test('a file that is not there ends with exit code 78 and its name', async (t) => {
  const { code, stderr } = await runCommand(t, ['--config', '/nowhere/c.yaml']);
  t.is(code, 78);
  t.regex(stderr, /^otlp-mmap-collector: \/nowhere\/c\.yaml: cannot be read \(ENOENT/);
});

test('validate says of a right configuration which way its signals go', async (t) => {
  const { code, stdout, stderr } = await runCommand(t, ['validate', '--config', ...configFiles(t, SOUND)]);
  t.is(code, 0, stderr);
  t.is(stdout, 'traces: mmap -> batch -> debug\n');
});

test('print-config prints a configuration that means the same, defaults filled in, secrets masked', async (t) => {
  const files = configFiles(
    t,
    SOUND,
    'exporters: { otlphttp: { endpoint: "https://me:hush@h/?key=hush", headers: { a: hush } } }\n',
  );
  const args = files.flatMap((file) => ['--config', file]);
  const { code, stdout } = await runCommand(t, ['print-config', ...args, '--set', 'processors.batch.timeout=1m30s']);
  t.is(code, 0);
  t.false(stdout.includes('hush'));
  const printed = parse(stdout);
  t.is(printed.processors.batch.timeout, '1m30s');
  t.is(printed.processors.batch.send_batch_size, 8192);
  t.is(printed.exporters.otlphttp.headers.a, '[REDACTED]');
  const again = await runCommand(t, ['print-config', '--config', ...configFiles(t, stdout)]);
  t.is(again.stdout, stdout);
});

test('dollars that mean themselves are printed so that they do', async (t) => {
  const folders = ['/a$${b}', '/$$$$c', '/$d$', '${env:FOLDER}', '/$$$$$${e}'];
  const [path] = configFiles(
    t,
    SOUND.replace('mmap:', () => `mmap: { include: ${JSON.stringify(folders)} }`),
  );
  const { stdout } = await runCommand(t, ['print-config', '--config', path], { FOLDER: '/$${f}' });
  const again = await runCommand(t, ['print-config', '--config', ...configFiles(t, stdout)]);
  t.is(again.stdout, stdout);
  const { plain } = documentOf(t, [stdout]);
  t.deepEqual((plain as { receivers: { mmap: { include: string[] } } }).receivers.mmap.include, [
    '/a${b}',
    '/$$c',
    '/$d$',
    '/$${f}',
    '/$$${e}',
  ]);
});

test('print-config shows what options and environment stand for', async (t) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h:1', OTEL_EXPORTER_OTLP_HEADERS: 'key=hush' };
  const { stdout } = await runCommand(t, ['print-config', '--dir', '/d'], env);
  const { receivers, exporters } = parse(stdout);
  t.deepEqual(receivers.mmap.include, ['/d']);
  t.is(exporters.otlphttp.traces_endpoint, 'http://h:1/v1/traces');
  t.deepEqual(exporters.otlphttp.headers, { key: '[REDACTED]' });
});

test('components lists every type with its keys and their defaults', async (t) => {
  const { code, stdout } = await runCommand(t, ['components']);
  t.is(code, 0);
  const { receivers, processors, exporters } = parse(stdout);
  const names = (listed: { name: string }[]) => listed.map(({ name }) => name);
  t.true(names(receivers).includes('mmap'));
  t.true(names(processors).includes('batch'));
  for (const name of ['otlphttp', 'file', 'debug']) t.true(names(exporters).includes(name), name);
  const batch = processors.find(({ name }: { name: string }) => name === 'batch');
  t.is(batch.keys.timeout, '200ms');
});

test('a configuration file runs: pipelines of one signal go to exporters of their own, and each has everything', async (t) => {
  const folder = temporaryFolder(t);
  const text = `
receivers: { mmap: { include: [], files: [${fixtureFile(t, 'a_traces')}] } }
processors: { batch: , batch/small: { send_batch_size: 1 } }
exporters: { file: { directory: "\${env:OUT}/one" }, file/two: { directory: "\${env:OUT}/two" } }
service:
  telemetry: { logs: { encoding: json }, metrics: { level: none } }
  pipelines:
    traces: { receivers: [mmap], processors: [batch], exporters: [file] }
    traces/2: { receivers: [mmap], processors: [batch/small], exporters: [file/two] }
`;
  const run = new CommandRun(t, ['--config', ...configFiles(t, text)], { OUT: folder });
  t.is(await run.stop(), 0, run.stderr);
  for (const name of ['one', 'two']) checkSpans(t, readFileSync(join(folder, name, 'traces.jsonl'), 'utf8'));
  const lines = run.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.true(lines.every(({ time, level, message }) => time && level && message));
});
