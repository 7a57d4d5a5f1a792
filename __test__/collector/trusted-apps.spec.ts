// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { endpointsOf } from '../../ts/producer/endpoints';
import { AppRun } from './app-run';
import { CommandRun, runCommand } from './command';
import { exportedSpans, temporaryFolder } from './fixtures';
import { Sink } from './sink';

// Where to send travels in the app's file, and is followed by a collector that was told to trust its apps.

interface Wanted {
  trust?: boolean;
  exporter?: object;
  storage?: unknown;
}

function configured(t: ExecutionContext, { trust = true, exporter = {}, storage = 'none' }: Wanted) {
  const folder = temporaryFolder(t);
  const directory = join(folder, 'apps');
  const path = join(folder, 'config.yaml');
  const document = {
    receivers: { mmap: { include: [directory], trust_producer: trust } },
    processors: { batch: { timeout: '20ms' } },
    exporters: { otlphttp: { compression: 'none', retry_on_failure: { initial_interval: '10ms' }, ...exporter } },
    service: {
      storage,
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['mmap'], processors: ['batch'], exporters: ['otlphttp'] } },
    },
  };
  writeFileSync(path, JSON.stringify(document));
  return { directory, path };
}

/** A destination, and how many spans of which services it has. */
async function destination(t: ExecutionContext, answer?: Parameters<typeof Sink.start>[0]) {
  const sink = await Sink.start(answer);
  t.teardown(() => sink.close());
  const spans = () =>
    sink.requests.flatMap(({ body }) => [...exportedSpans(loadBinding().requestToJson('traces', body)).keys()]);
  const services = () => {
    const texts = sink.requests.map(({ body }) => loadBinding().requestToJson('traces', body));
    const named = texts.flatMap((text) => [...text.matchAll(/"service.name","value":\{"stringValue":"([^"]*)"/g)]);
    return [...new Set(named.map(([, name]) => name))];
  };
  const has = async (count: number) => {
    for (let requests = 1; new Set(spans()).size < count; requests++) await sink.arrived(requests);
  };
  return { sink, services, spans, has };
}

for (const journal of [false, true]) {
  test(`each app's telemetry goes where that app wants it and nowhere else, ${journal ? 'with' : 'without'} a journal`, async (t) => {
    const [shop, bank] = [await destination(t), await destination(t)];
    const storage = journal ? { directory: temporaryFolder(t) } : 'none';
    const { directory, path } = configured(t, { storage });
    const run = new CommandRun(t, ['--config', path]);
    const apps = [
      new AppRun(t, directory, 'shop', 'spans.cjs', { OTEL_EXPORTER_OTLP_ENDPOINT: `${shop.sink.url}/base/` }),
      new AppRun(t, directory, 'bank', 'spans.cjs', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${bank.sink.url}/own` }),
    ];
    await Promise.all(apps.map((app) => app.tell('spans 500')));
    await Promise.all([shop.has(500), bank.has(500)]);
    t.is(await run.stop(), 0, run.stderr);
    t.deepEqual(shop.services(), ['shop']);
    t.deepEqual(bank.services(), ['bank']);
    t.deepEqual([shop.spans().length, bank.spans().length], [500, 500]);
    t.true(shop.sink.requests.every(({ path }) => path === '/base/v1/traces'));
    t.true(bank.sink.requests.every(({ path }) => path === '/own'));
  });
}

test('what waited in the journal goes where its app wanted it, when app and collector are gone', async (t) => {
  let isDown = true;
  const shop = await destination(t, (_request, response) => {
    response.statusCode = isDown ? 503 : 200;
    response.end();
  });
  const { directory, path } = configured(t, { storage: { directory: temporaryFolder(t) } });
  const first = new CommandRun(t, ['--config', path]);
  const app = new AppRun(t, directory, 'shop', 'spans.cjs', { OTEL_EXPORTER_OTLP_ENDPOINT: shop.sink.url });
  await app.tell('spans 200');
  await shop.has(200);
  await app.kill('SIGKILL');
  const ended = new Promise((resolve) => first.child.once('exit', resolve));
  first.child.kill('SIGKILL');
  await ended;
  shop.sink.requests.length = 0;
  isDown = false;
  const second = new CommandRun(t, ['--config', path]);
  t.is(await second.stop(), 0, second.stderr);
  t.is(new Set(shop.spans()).size, 200);
});

test('without trust an address is required, and beside a secret it is in any case', async (t) => {
  const problem = async (wanted: Wanted) => {
    const { path } = configured(t, wanted);
    const { code, stderr } = await runCommand(t, ['validate', '--config', path]);
    t.is(code, 78);
    return stderr;
  };
  t.regex(await problem({ trust: false }), /exporters\.otlphttp\.endpoint: is required, unless .*trust_producer: true/);
  const secret = { headers: { 'api-key': 'hush' } };
  const told = await problem({ exporter: secret });
  t.regex(told, /exporters\.otlphttp\.endpoint: is required beside headers/);
  t.notRegex(told, /hush/);
  t.regex(await problem({ exporter: { bearer_token_file: '/run/token' } }), /beside bearer_token_file/);
  t.regex(await problem({ exporter: { tls: { cert_file: '/c', key_file: '/k' } } }), /beside tls\.cert_file/);
});

test('an app tells addresses of OTLP over HTTP that hold no secret, and no headers', (t) => {
  const base = 'http://localhost:4318';
  const OTEL_EXPORTER_OTLP_ENDPOINT = base;
  t.deepEqual(endpointsOf({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'key=hush' }), [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', base],
  ]);
  for (const bad of ['http://user:word@host', 'http://host/?key=1', 'http://host/#x', 'host:4318', 'file:///x']) {
    t.deepEqual(endpointsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: bad }), [], bad);
  }
  t.deepEqual(endpointsOf({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), []);
});
