// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test from 'ava';
import { runNode } from '../support/child';
import { attributesOf } from '../support/log-recording';
import type { FlatLog } from '../support/otlp-json';
import { filesIn, logsIn, spansIn, withDirectory } from '../support/written-files';

const apps = join(__dirname, 'apps');
const register = ['--import', 'otlp-mmap/register'];
const user = { kvlistValue: [{ key: 'name', value: { stringValue: 'ada' } }] };

for (const [library, app] of [
  ['pino', 'pino-app.cjs'],
  ['pino', 'pino-app.mjs'],
  ['winston', 'winston-app.cjs'],
  ['bunyan', 'bunyan-app.cjs'],
]) {
  test(`what_${app}_logs_is_recorded_with_its_span`, (t) =>
    withDirectory(async (directory) => {
      const ended = await runNode([...register, join(apps, app)], { env: { OTLP_MMAP_DIR: directory } });
      t.like(ended, { code: 0, stderr: '' });
      t.regex(ended.stdout, /out of stock/, 'it is printed as before');
      const [record, ...others] = logsIn(directory);
      t.deepEqual(others, []);
      const [{ span }] = spansIn(directory);
      t.like(record.log, {
        body: { stringValue: 'out of stock' },
        severityNumber: 13,
        severityText: 'warn',
        traceId: span.traceId,
        spanId: span.spanId,
      });
      t.like(attributesOf(record), { order: { intValue: '7' }, user });
      t.regex((record.scope as { name: string }).name, new RegExp(library));
      t.is(filesIn(directory).length, 1);
    }));
}

test('logs_are_switched_off_by_their_exporter_being_none_and_spans_stay', (t) =>
  withDirectory(async (directory) => {
    const env = { OTLP_MMAP_DIR: directory, OTEL_LOGS_EXPORTER: 'none' };
    const ended = await runNode([...register, join(apps, 'pino-app.cjs')], { env });
    t.like(ended, { code: 0, stderr: '' });
    t.deepEqual(logsIn(directory), []);
    t.is(spansIn(directory).length, 1);
  }));

test('logs_are_recorded_without_spans', (t) =>
  withDirectory(async (directory) => {
    const env = { OTLP_MMAP_DIR: directory, OTEL_TRACES_EXPORTER: 'none' };
    const ended = await runNode([...register, join(apps, 'pino-app.cjs')], { env });
    t.like(ended, { code: 0, stderr: '' });
    t.is(logsIn(directory).length, 1);
    t.deepEqual(spansIn(directory), []);
  }));

test('limits_of_log_records_come_from_the_environment', (t) =>
  withDirectory(async (directory) => {
    const env = { OTLP_MMAP_DIR: directory, OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '1' };
    await runNode([...register, join(apps, 'pino-app.cjs')], { env });
    const [record] = logsIn(directory);
    t.deepEqual(attributesOf(record), { order: { intValue: '7' } });
    t.is(record.log.dropped, 1);
  }));

test('what_is_printed_through_console_is_recorded_when_asked_for_and_diag_is_not', (t) =>
  withDirectory(async (directory) => {
    const app = join(apps, 'console-app.cjs');
    const plain = await runNode([app]);
    const env = { OTLP_MMAP_DIR: directory, OTLP_MMAP_CAPTURE_CONSOLE: 'true' };
    const ended = await runNode([...register, app], { env });
    const frames = (text: string) => text.replace(/\n {4}at .*/g, '');
    t.is(ended.stdout, plain.stdout);
    t.is(frames(ended.stderr), frames(plain.stderr));
    t.is(ended.code, 0);
    const records = logsIn(directory);
    t.deepEqual(
      records.map(({ log }) => [log.severityText, log.severityNumber, bodyOf(log).split('\n')[0]]),
      [
        ['INFO', 9, "listening on 8080 { host: 'h' }"],
        ['DEBUG', 5, 'detail'],
        ['WARN', 13, 'careful'],
        ['ERROR', 17, 'failed: TypeError: broken'],
        ['INFO', 9, 'last'],
      ],
    );
    t.like(attributesOf(records[3]), {
      'exception.type': { stringValue: 'TypeError' },
      'exception.message': { stringValue: 'broken' },
    });
  }));

test('what_is_printed_through_console_is_not_recorded_unless_asked_for', (t) =>
  withDirectory(async (directory) => {
    await runNode([...register, join(apps, 'console-app.cjs')], { env: { OTLP_MMAP_DIR: directory } });
    t.deepEqual(logsIn(directory), []);
  }));

function bodyOf(log: FlatLog['log']): string {
  return (log.body as { stringValue: string }).stringValue;
}

const fatal = { severityNumber: 21, severityText: 'FATAL', eventName: 'exception' };
const endings: { what: string[]; expected: object; attributes: object }[] = [
  {
    what: ['throw'],
    expected: { ...fatal, body: { stringValue: 'RangeError: too far' } },
    attributes: { 'exception.type': { stringValue: 'E_FAR' }, 'exception.message': { stringValue: 'too far' } },
  },
  {
    what: ['throw-text'],
    expected: { ...fatal, body: { stringValue: 'a text' } },
    attributes: { 'exception.message': { stringValue: 'a text' } },
  },
  {
    what: ['throw-nothing'],
    expected: { ...fatal, body: { stringValue: 'undefined' } },
    attributes: { 'exception.message': { stringValue: 'undefined' } },
  },
  {
    what: ['reject'],
    expected: { ...fatal, body: { stringValue: 'RangeError: too far' } },
    attributes: { 'otlp_mmap.exception.origin': { stringValue: 'unhandledRejection' } },
  },
  {
    what: ['reject-text'],
    expected: fatal,
    attributes: { 'otlp_mmap.exception.origin': { stringValue: 'unhandledRejection' } },
  },
  {
    what: ['handled'],
    expected: { severityNumber: 17, severityText: 'ERROR', body: { stringValue: 'RangeError: too far' } },
    attributes: { 'otlp_mmap.exception.origin': { stringValue: 'uncaughtException' } },
  },
  {
    what: ['throw', 'worker'],
    expected: { ...fatal, body: { stringValue: 'RangeError: too far' } },
    attributes: { 'exception.type': { stringValue: 'E_FAR' } },
  },
];

for (const { what, expected, attributes } of endings) {
  test(`an_uncaught_error_is_recorded_and_the_process_ends_as_without_${what.join('_in_')}`, (t) =>
    withDirectory(async (directory) => {
      const app = [join(apps, 'uncaught.cjs'), ...what];
      const plain = await runNode(app);
      const env = { OTLP_MMAP_DIR: directory, OTLP_MMAP_CAPTURE_EXCEPTIONS: 'true' };
      // With --import Node.js itself takes another way to the app, which shows in stacks.
      const ended = await runNode(['--require', 'otlp-mmap/register', ...app], { env });
      t.deepEqual(ended, plain, 'exit code, signal and output');
      const [record, ...others] = logsIn(directory);
      t.deepEqual(others, []);
      t.like(record.log, expected);
      t.like(attributesOf(record), attributes);
    }));
}

test('uncaught_errors_are_not_recorded_unless_asked_for', (t) =>
  withDirectory(async (directory) => {
    await runNode([...register, join(apps, 'uncaught.cjs'), 'throw'], { env: { OTLP_MMAP_DIR: directory } });
    t.deepEqual(logsIn(directory), []);
  }));
