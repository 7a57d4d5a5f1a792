// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test from 'ava';
import { runNode } from '../support/child';
import type { FlatSpan } from '../support/otlp-json';
import { attributeOf } from '../support/reader';
import { filesIn, spansIn, withDirectory } from '../support/written-files';

const apps = join(__dirname, 'apps');
const environment = (directory: string) => ({ OTLP_MMAP_DIR: directory, OTEL_SERVICE_NAME: 'greeter' });

/** The spans of one request, client and server; nothing else may be there. */
function request(spans: FlatSpan[]): { client: FlatSpan; server: FlatSpan } {
  const client = spans.find(({ span }) => span.kind === 3);
  const server = spans.find(({ span }) => span.kind === 2);
  if (client === undefined || server === undefined || spans.length !== 2) {
    throw new Error(`not one request: ${JSON.stringify(spans.map(({ span }) => [span.name, span.kind]))}`);
  }
  return { client, server };
}

const ways = [
  { way: 'import', args: ['--import', 'otlp-mmap/register'], env: {} },
  { way: 'require', args: ['--require', 'otlp-mmap/register'], env: {} },
  { way: 'node_options_import', args: [], env: { NODE_OPTIONS: '--import=otlp-mmap/register' } },
  { way: 'node_options_require', args: [], env: { NODE_OPTIONS: '--require=otlp-mmap/register' } },
  {
    way: 'all_at_once',
    args: ['--import', 'otlp-mmap/register', '--require', 'otlp-mmap/register'],
    env: { NODE_OPTIONS: '--import=otlp-mmap/register' },
  },
];

for (const { way, args, env } of ways) {
  for (const app of ['http-app.mjs', 'http-app.cjs']) {
    test(`an_unchanged_http_app_is_traced_${way}_${app}`, (t) =>
      withDirectory(async (directory) => {
        const ended = await runNode([...args, join(apps, app)], { env: { ...environment(directory), ...env } });
        t.deepEqual(ended, { code: 0, signal: null, stdout: 'status 200\n', stderr: '' });
        const { client, server } = request(spansIn(directory));
        t.is(server.span.traceId, client.span.traceId);
        t.is(server.span.parentSpanId, client.span.spanId);
        t.true(JSON.stringify(server.resource).includes('"greeter"'));
      }));
  }
}

test('fetch_is_traced', (t) =>
  withDirectory(async (directory) => {
    const args = ['--import', 'otlp-mmap/register', join(apps, 'fetch-app.mjs')];
    const ended = await runNode(args, { env: environment(directory) });
    t.deepEqual(ended, { code: 0, signal: null, stdout: 'status 200 hello\n', stderr: '' });
    const { client, server } = request(spansIn(directory));
    t.is(server.span.parentSpanId, client.span.spanId);
  }));

for (const { way, args, env } of ways) {
  for (const app of ['worker-app.mjs', 'worker-app.cjs']) {
    test(`a_worker_thread_is_traced_into_the_same_file_and_trace_${way}_${app}`, (t) =>
      withDirectory(async (directory) => {
        const ended = await runNode([...args, join(apps, app)], { env: { ...environment(directory), ...env } });
        t.deepEqual(ended, { code: 0, signal: null, stdout: 'worker exited with 0\n', stderr: '' });
        t.is(filesIn(directory).length, 1);
        const { client, server } = request(spansIn(directory));
        t.is(server.span.parentSpanId, client.span.spanId);
      }));
  }
}

test('instrumentations_are_chosen_by_the_environment', (t) =>
  withDirectory(async (directory) => {
    const env = { ...environment(directory), OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'undici' };
    const ended = await runNode(['--import', 'otlp-mmap/register', join(apps, 'fetch-app.mjs')], { env });
    t.is(ended.code, 0, ended.stderr);
    const [client, ...others] = spansIn(directory);
    t.is(client.span.kind, 3);
    t.deepEqual(others, []);
    t.truthy(attributeOf(client, 'url.full'));
  }));

test('limits_sampler_and_resource_come_from_the_environment', (t) =>
  withDirectory(async (directory) => {
    const env = {
      ...environment(directory),
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
      OTEL_RESOURCE_ATTRIBUTES: 'team=core',
      OTEL_NODE_RESOURCE_DETECTORS: 'env',
    };
    const ended = await runNode(['--import', 'otlp-mmap/register', join(apps, 'http-app.mjs')], { env });
    t.is(ended.code, 0, ended.stderr);
    const { server } = request(spansIn(directory));
    t.is((server.span.attributes as unknown[]).length, 2);
    t.true((server.span.droppedAttributes as number) > 0);
    t.true(JSON.stringify(server.resource).includes('"core"'));
    t.false(JSON.stringify(server.resource).includes('host.name'));
  }));

test('nothing_is_recorded_when_the_sampler_says_so', (t) =>
  withDirectory(async (directory) => {
    const env = { ...environment(directory), OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_SAMPLER: 'always_off' };
    const ended = await runNode(['--import', 'otlp-mmap/register', join(apps, 'http-app.mjs')], { env });
    t.deepEqual(ended, { code: 0, signal: null, stdout: 'status 200\n', stderr: '' });
    t.deepEqual(filesIn(directory), []);
  }));
