// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test from 'ava';
import { batchOf as batchOfParts, SIGNALS, type Signal } from '../../ts/collector/batch';
import { HAS_ZSTD } from '../../ts/collector/exporters/encoding';
import { otlpExporter } from '../../ts/collector/exporters/otlp/factory';
import { otlpHttpExporter } from '../../ts/collector/exporters/otlphttp/factory';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { partOf } from './batches';
import { CommandRun } from './command';
import { configFiles } from './config/documents';
import { destinationOf } from './destinations';
import { temporaryFolder } from './fixtures';
import { Ledger } from './ledger';
import { type RunningOtelcol, startOtelcol } from './otelcol';
import { logsRequest, metricsRequest, tracesRequest } from './requests';
import { Sink } from './sink';

const TLS = join(__dirname, '..', 'fixtures', 'tls');
const binding = loadBinding();

/** Two pieces of each signal, as the receiver hands them over. */
const PIECES = {
  traces: ['one', 'two'].map((name) =>
    tracesRequest([{ name, attributes: { 'http.route': '/items', size: 5, ok: true } }], { 'service.name': 'shop' }),
  ),
  logs: ['one', 'two'].map((body) => logsRequest([{ body, severity: 17 }], { 'service.name': 'shop' })),
  metrics: ['one', 'two'].map((name) => metricsRequest(name, [1, 2, 3], { 'service.name': 'shop' })),
};

/** Empty texts count as left out: encoders differ in them. */
const asJson = (signal: string, request: Buffer) =>
  JSON.parse(binding.requestToJson(signal, request), (_key, value) => (value === '' ? undefined : value));

const compressions = ['none', 'gzip', ...(HAS_ZSTD ? ['zstd'] : [])];
const ways: [string, (running: RunningOtelcol) => ReturnType<typeof destinationOf>][] = [
  ...compressions.flatMap((compression): (typeof ways)[number][] => [
    [
      `gRPC with ${compression}`,
      ({ grpc }) => destinationOf(otlpExporter, { endpoint: grpc, compression, tls: { insecure: true } }),
    ],
    [
      `HTTP with ${compression}`,
      ({ http }) => destinationOf(otlpHttpExporter, { endpoint: `http://${http}`, compression }),
    ],
  ]),
  ['HTTP in JSON', ({ http }) => destinationOf(otlpHttpExporter, { endpoint: `http://${http}`, encoding: 'json' })],
];

test('an OpenTelemetry Collector takes all signals on every way, and sends them on as they were', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const running = await startOtelcol(t, sink.url);
  if (running === undefined) return;
  for (const [way, create] of ways) {
    const { destination, log } = create(running);
    for (const signal of SIGNALS) {
      const parts = PIECES[signal].map((body) => partOf(body));
      const before = sink.requests.length;
      t.true(
        await destination.deliver(batchOfParts({ signal, urgent: false, stream: undefined }, parts)),
        `${way}: ${log()}`,
      );
      await sink.arrived(before + 1);
      const { path, body } = sink.requests[before];
      t.is(path, `/v1/${signal}`);
      t.deepEqual(asJson(signal, body), asJson(signal, Buffer.concat(PIECES[signal])), `${way}, ${signal}`);
    }
    t.is(log(), '', way);
    await destination.close();
  }
});

test('an OpenTelemetry Collector that asks for certificates gets them, over gRPC and HTTP', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const tlsLines = [
    `cert_file: ${join(TLS, 'server.pem')}`,
    `key_file: ${join(TLS, 'server.key')}`,
    `client_ca_file: ${join(TLS, 'ca.pem')}`,
  ];
  const running = await startOtelcol(t, sink.url, { tls: tlsLines });
  if (running === undefined) return;
  const tls = { ca_file: join(TLS, 'ca.pem'), cert_file: join(TLS, 'client.pem'), key_file: join(TLS, 'client.key') };
  const destinations = [
    destinationOf(otlpExporter, { endpoint: running.grpc, tls }),
    destinationOf(otlpHttpExporter, { endpoint: `https://${running.http}`, tls }),
  ];
  for (const { destination, log } of destinations) {
    const parts = PIECES.traces.map((body) => partOf(body));
    t.true(
      await destination.deliver(batchOfParts({ signal: 'traces', urgent: false, stream: undefined }, parts)),
      log(),
    );
    await destination.close();
  }
  await sink.arrived(2);

  for (const { destination, log } of [
    destinationOf(otlpExporter, {
      endpoint: running.grpc,
      tls: { ca_file: tls.ca_file },
      retry_on_failure: { enabled: false },
    }),
    destinationOf(otlpHttpExporter, { endpoint: `https://${running.http}`, retry_on_failure: { enabled: false } }),
  ]) {
    t.false(
      await destination.deliver(batchOfParts({ signal: 'traces', urgent: false, stream: undefined }, [partOf('')])),
    );
    t.regex(log(), /are given up: /);
    await destination.close();
  }
});

test('what an app records goes through our collector and an OpenTelemetry Collector, all signals, each item once', async (t) => {
  const ledger = new Ledger();
  const sink = await Sink.start(({ path, body }, response) => {
    ledger.take(path.slice('/v1/'.length) as Signal, body, 1);
    response.end();
  });
  t.teardown(() => sink.close());
  const running = await startOtelcol(t, sink.url);
  if (running === undefined) return;
  const directory = temporaryFolder(t);
  const [config] = configFiles(
    t,
    `
receivers: { mmap: { include: [${directory}], collection_interval: 50ms } }
processors: { batch: { timeout: 5ms } }
exporters:
  otlp: { endpoint: "${running.grpc}", tls: { insecure: true } }
  otlphttp: { endpoint: "http://${running.http}" }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [mmap], processors: [batch], exporters: [otlp] }
    logs: { receivers: [mmap], processors: [batch], exporters: [otlphttp] }
    metrics: { receivers: [mmap], processors: [batch], exporters: [otlp] }
`,
  );
  const run = new CommandRun(t, ['--config', config]);
  const app = new AppRun(t, directory, 'shop', 'all-signals.cjs');
  for (let portion = 0; portion < 5; portion++) await app.tell('work 100');
  await app.tell('end');
  await app.kill('SIGTERM');
  await run.says(/reading .*\.mmap/);
  t.is(await run.stop(), 0, run.stderr);
  await running.stop();
  // A span around each portion, and one that was open all the time.
  t.is(ledger.spans.entries.size, 506);
  t.is(ledger.logs.entries.size, 500);
  t.is(
    ledger.sums.totals,
    Array.from({ length: 500 }, (_, index) => 1 + (index % 3)).reduce((a, b) => a + b, 0),
  );
  t.deepEqual(ledger.faults, []);
});
