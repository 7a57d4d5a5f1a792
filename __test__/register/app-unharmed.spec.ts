// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Child, packageRoot, runNode } from '../support/child';
import { installPackage } from '../support/installed-package';
import { filesIn, spansIn, withDirectory } from '../support/written-files';

const apps = join(__dirname, 'apps');
const register = ['--import', 'otlp-mmap/register'];
const endings = join(apps, 'endings.cjs');

/** Lines of this package in what a process printed. */
function ownLines({ stdout, stderr }: { stdout: string; stderr: string }): string[] {
  return (stdout + stderr).split('\n').filter((line) => line.includes('otlp-mmap:'));
}

test('the_exit_code_stays_and_nothing_keeps_the_process_alive', (t) =>
  withDirectory(async (directory) => {
    const ended = await runNode([...register, endings, 'exitCode'], { env: { OTLP_MMAP_DIR: directory } });
    t.deepEqual(ended, { code: 7, signal: null, stdout: 'recorded true\n', stderr: '' });
    t.is(spansIn(directory).length, 1);
  }));

test('an_uncaught_error_still_ends_the_process_with_its_stack', (t) =>
  withDirectory(async (directory) => {
    const ended = await runNode([...register, endings, 'throw'], { env: { OTLP_MMAP_DIR: directory } });
    t.is(ended.code, 1);
    t.regex(ended.stderr, /Error: the app failed\n +at /);
    t.is(spansIn(directory).length, 1);
  }));

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal}_still_does_what_it_does_by_default`, (t) =>
    withDirectory(async (directory) => {
      const child = new Child([...register, endings, 'wait'], { env: { OTLP_MMAP_DIR: directory } });
      await child.printed((out) => out.includes('recorded'));
      child.process.kill(signal);
      const ended = await child.ended;
      t.is(ended.signal, signal);
      t.is(ended.code, null);
      t.is(spansIn(directory).length, 1);
    }));
}

const disabled = [
  { OTEL_SDK_DISABLED: 'true' },
  { OTEL_SDK_DISABLED: 'True' },
  // What the runtime instrumentation measures is metrics.
  { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' },
];

for (const env of disabled) {
  test(`nothing_is_set_up_with_${Object.entries(env).flat().join('_')}`, (t) =>
    withDirectory(async (directory) => {
      const ended = await runNode([...register, endings], { env: { OTLP_MMAP_DIR: directory, ...env } });
      t.deepEqual(ended, { code: 0, signal: null, stdout: 'recorded false\n', stderr: '' });
      t.deepEqual(filesIn(directory), []);
    }));
}

test('an_empty_or_other_value_does_not_disable', (t) =>
  withDirectory(async (directory) => {
    const env = { OTLP_MMAP_DIR: directory, OTEL_SDK_DISABLED: '1', OTEL_TRACES_EXPORTER: '' };
    t.is((await runNode([...register, endings], { env })).stdout, 'recorded true\n');
  }));

test('a_directory_that_cannot_be_made_costs_one_line_and_no_more', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'a-file');
    writeFileSync(file, '');
    const place = join(file, 'below');
    const ended = await runNode([...register, join(apps, 'http-app.mjs')], { env: { OTLP_MMAP_DIR: place } });
    t.is(ended.code, 0);
    t.is(ended.stdout, 'status 200\n');
    t.is(ownLines(ended).length, 1, ended.stderr);
    t.true(ownLines(ended)[0].includes(place), 'it names the place');
  }));

test('a_directory_of_another_user_costs_one_line_that_names_both', (t) =>
  withDirectory(async (directory) => {
    const own = process.getuid!();
    // Root can give a folder away; everybody else finds one.
    const [place, owner] = own === 0 ? [join(directory, 'given-away'), 65_534] : ['/', 0];
    if (own === 0) {
      mkdirSync(place);
      chownSync(place, owner, owner);
    }
    const ended = await runNode([...register, join(apps, 'http-app.mjs')], { env: { OTLP_MMAP_DIR: place } });
    t.like(ended, { code: 0, stdout: 'status 200\n' });
    t.is(ownLines(ended).length, 1, ended.stderr);
    for (const part of [place, `uid ${owner}`, `uid ${own}`]) t.true(ended.stderr.includes(part), ended.stderr);
  }));

test('a_full_disk_costs_one_line_that_names_place_and_remedy', (t) =>
  withDirectory(async (directory) => {
    // A process may not write larger files than this: the system says what it says when the disk is full.
    const limited = join(directory, 'limited.sh');
    writeFileSync(limited, '#!/bin/sh\ntrap "" XFSZ\nulimit -f 16\nexec "$@"\n', { mode: 0o700 });
    const place = join(directory, 'full');
    const launcher =
      "require('node:child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: 'inherit' })";
    const command = [limited, process.execPath, ...register, join(apps, 'http-app.mjs')];
    const ended = await runNode(['-e', launcher, ...command], { env: { OTLP_MMAP_DIR: place } });
    t.like(ended, { code: 0, stdout: 'status 200\n' });
    t.is(ownLines(ended).length, 1, ended.stderr);
    t.regex(
      ended.stderr,
      /no room for a file of \d+ bytes; free space on that file system, or choose another directory/,
    );
    t.true(ended.stderr.includes(place), 'it names the place');
    t.deepEqual(filesIn(place), []);
  }));

test('without_its_native_addon_the_app_runs_and_one_line_says_why', (t) =>
  withDirectory(async (root) => {
    mkdirSync(join(root, 'node_modules'));
    symlinkSync(join(packageRoot, 'node_modules', '@opentelemetry'), join(root, 'node_modules', '@opentelemetry'));
    installPackage(join(root, 'node_modules'), { addon: false });
    const ended = await runNode([...register, join(apps, 'http-app.mjs')], { cwd: root });
    t.is(ended.code, 0, ended.stderr);
    t.is(ended.stdout, 'status 200\n');
    t.is(ownLines(ended).length, 1, ended.stderr);
    t.regex(ended.stderr, /no native addon/);
  }));

test('a_tracer_provider_that_is_there_already_stays_and_one_line_says_so', (t) =>
  withDirectory(async (directory) => {
    const args = ['--require', join(apps, 'stock-provider.cjs'), ...register, endings];
    const ended = await runNode(args, { env: { OTLP_MMAP_DIR: directory } });
    t.is(ended.code, 0, ended.stderr);
    t.regex(ended.stdout, /name: 'by hand'/);
    t.is(ownLines(ended).length, 1, ended.stderr);
    t.deepEqual(filesIn(directory), []);
  }));

test('with_instrumentations_that_cannot_be_loaded_spans_by_hand_are_recorded', (t) =>
  withDirectory((root) =>
    withDirectory(async (directory) => {
      const broken = join(root, 'node_modules', '@opentelemetry', 'auto-instrumentations-node');
      mkdirSync(broken, { recursive: true });
      writeFileSync(join(broken, 'index.js'), 'throw new Error("half an installation");');
      symlinkSync(packageRoot, join(root, 'node_modules', 'otlp-mmap'));
      const ended = await runNode([...register, endings], { cwd: root, env: { OTLP_MMAP_DIR: directory } });
      t.is(ended.code, 0, ended.stderr);
      t.is(ended.stdout, 'recorded true\n');
      t.is(ownLines(ended).length, 1, ended.stderr);
      t.regex(ended.stderr, /half an installation/);
      t.is(spansIn(directory).length, 1);
    }),
  ));

test('the_instrumentations_of_the_app_win_over_those_of_this_package', (t) =>
  withDirectory((root) =>
    withDirectory(async (directory) => {
      const meta = join(root, 'node_modules', '@opentelemetry', 'auto-instrumentations-node');
      mkdirSync(meta, { recursive: true });
      writeFileSync(
        join(meta, 'index.js'),
        `const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
         exports.getNodeAutoInstrumentations = () => [new UndiciInstrumentation()];`,
      );
      for (const name of [
        'api',
        'api-logs',
        'core',
        'instrumentation',
        'instrumentation-undici',
        'semantic-conventions',
      ]) {
        const modules = join('node_modules', '@opentelemetry', name);
        symlinkSync(join(packageRoot, modules), join(root, modules));
      }
      symlinkSync(packageRoot, join(root, 'node_modules', 'otlp-mmap'));
      const args = [...register, join(apps, 'fetch-app.mjs')];
      const ended = await runNode(args, { cwd: root, env: { OTLP_MMAP_DIR: directory } });
      t.deepEqual(ended, { code: 0, signal: null, stdout: 'status 200 hello\n', stderr: '' });
      t.deepEqual(
        spansIn(directory).map(({ span }) => span.kind),
        [3],
        'the client span of fetch only',
      );
    }),
  ));
