// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test from 'ava';
import { runNode } from '../support/child';
import { filesIn, metricsIn, withDirectory } from '../support/written-files';

const app = join(__dirname, 'apps/metrics-app.cjs');
const http = join(__dirname, 'apps/http-app.cjs');
const hook = ['--import', 'otlp-mmap/register'];
const environment = (directory: string) => ({ OTLP_MMAP_DIR: directory, OTEL_METRIC_EXPORT_INTERVAL: '20' });

test('an_unchanged_app_is_counted_and_its_runtime_observed', (t) =>
  withDirectory(async (directory) => {
    const ended = await runNode([...hook, app], { env: environment(directory) });
    t.like(ended, { signal: 'SIGKILL', stderr: '' });
    const names = metricsIn(directory).map(({ name }) => name);
    t.true(names.includes('started'));
    t.true(names.includes('asked'));
    t.true(
      names.some((name) => name.startsWith('v8js.')),
      names.join(),
    );
    t.true(
      names.some((name) => name.startsWith('nodejs.eventloop.')),
      names.join(),
    );
  }));

test('instrumentations_record_into_the_same_file_as_spans', (t) =>
  withDirectory(async (directory) => {
    await runNode([...hook, http], { env: environment(directory) });
    t.is(filesIn(directory).length, 1);
    t.true(metricsIn(directory).some(({ name, kind }) => name.startsWith('http.server.') && kind === 'histogram'));
  }));

for (const [variable, value] of [
  ['OTEL_METRICS_EXPORTER', 'none'],
  ['OTEL_SDK_DISABLED', 'true'],
]) {
  test(`nothing_is_counted_with_${variable}`, (t) =>
    withDirectory(async (directory) => {
      await runNode([...hook, http], { env: { ...environment(directory), [variable]: value } });
      t.deepEqual(metricsIn(directory), []);
    }));
}

test('metrics_alone_are_recorded', (t) =>
  withDirectory(async (directory) => {
    const env = { ...environment(directory), OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    await runNode([...hook, http], { env });
    t.true(metricsIn(directory).length > 0);
  }));
