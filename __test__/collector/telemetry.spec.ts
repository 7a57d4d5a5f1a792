// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Distribution } from '../../ts/collector/telemetry/distribution';
import { otlpMetrics } from '../../ts/collector/telemetry/otlp-metrics';
import { prometheusText } from '../../ts/collector/telemetry/prometheus';
import { METRICS, type Measurement } from '../../ts/collector/telemetry/registry';
import { metricsOf } from '../../ts/collector/telemetry/series';
import { loadBinding } from '../../ts/native/loader';
import { CommandRun, runCommand } from './command';
import { configFiles } from './config/documents';
import { ALL } from './exported-fixture';
import { temporaryFolder, tracesFile } from './fixtures';
import { Sink } from './sink';

const measurements: Measurement[] = [
  { metric: 'exporter_sent_spans', labels: { exporter: 'otlphttp' }, value: 5 },
  { metric: 'exporter_sent_spans', labels: { exporter: 'otlphttp' }, value: 2 },
  { metric: 'exporter_sent_spans', labels: { exporter: 'a"b\\c\nd' }, value: 1 },
  { metric: 'exporter_queue_size', labels: { exporter: 'otlphttp' }, value: 3 },
  { metric: 'processor_batch_batch_send_size', labels: { processor: 'batch' }, value: histogram(10, 60, 500) },
  { metric: 'processor_batch_batch_send_size_bytes', labels: { processor: 'batch' }, value: histogram(1) },
];

function histogram(...values: number[]) {
  const distribution = new Distribution([10, 100]);
  for (const value of values) distribution.record(value);
  return distribution.snapshot();
}

test('the text of Prometheus: one block a metric, the same labels added up, label values escaped, buckets cumulative', (t) => {
  const text = prometheusText(metricsOf(measurements, 'normal'), { 'service.name': 'x' });
  t.is(
    text,
    `# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_name="x"} 1
# HELP otelcol_processor_batch_batch_send_size Items in a batch.
# TYPE otelcol_processor_batch_batch_send_size histogram
otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="10"} 1
otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="100"} 2
otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="+Inf"} 3
otelcol_processor_batch_batch_send_size_sum{processor="batch"} 570
otelcol_processor_batch_batch_send_size_count{processor="batch"} 3
# HELP otelcol_exporter_sent_spans Spans that a destination took.
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter="otlphttp"} 7
otelcol_exporter_sent_spans{exporter="a\\"b\\\\c\\nd"} 1
# HELP otelcol_exporter_queue_size ${METRICS.exporter_queue_size.help}
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{exporter="otlphttp"} 3
`,
  );
  t.true(metricsOf(measurements, 'detailed').some(({ name }) => name.endsWith('send_size_bytes')));
});

test('as OTLP they are cumulative sums, gauges and histograms of the same values', (t) => {
  const metrics = metricsOf(measurements, 'normal');
  const { body, points } = otlpMetrics(metrics, { 'service.name': 'x' }, { start: 1n, end: 2n });
  t.is(points, 4);
  const request = JSON.parse(loadBinding().requestToJson('metrics', body));
  const [{ resource, scopeMetrics }] = request.resourceMetrics;
  t.deepEqual(resource.attributes, [{ key: 'service.name', value: { stringValue: 'x' } }]);
  const byName = Object.fromEntries(scopeMetrics[0].metrics.map((metric: { name: string }) => [metric.name, metric]));
  const sum = byName.otelcol_exporter_sent_spans.sum;
  t.is(sum.aggregationTemporality, 2);
  t.true(sum.isMonotonic);
  t.like(sum.dataPoints[0], { asDouble: 7, startTimeUnixNano: '1', timeUnixNano: '2' });
  t.is(byName.otelcol_exporter_queue_size.gauge.dataPoints[0].asDouble, 3);
  const [point] = byName.otelcol_processor_batch_batch_send_size.histogram.dataPoints;
  t.like(point, { count: '3', sum: 570, bucketCounts: ['1', '1', '1'], explicitBounds: [10, 100] });
});

async function configOf(t: ExecutionContext, readers: string): Promise<{ path: string; sink: Sink }> {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const text = `
receivers: { mmap: { include: [], files: [${tracesFile(t)}] } }
processors: { memory_limiter: { check_interval: 1s, limit_mib: 4000 }, batch: }
exporters: { otlphttp: { endpoint: "${sink.url}", compression: none } }
service:
  telemetry: { metrics: { readers: [${readers}] } }
  pipelines: { traces: { receivers: [mmap], processors: [memory_limiter, batch], exporters: [otlphttp] } }
`;
  return { path: configFiles(t, text)[0], sink };
}

/** Names that dashboards for the OpenTelemetry Collector look for. */
const EXPECTED = [
  'receiver_accepted_spans',
  'receiver_refused_spans',
  'receiver_failed_spans',
  'processor_incoming_items',
  'processor_outgoing_items',
  'processor_batch_batch_send_size_count',
  'processor_batch_timeout_trigger_send',
  'processor_memory_limiter_accepted_spans',
  'processor_memory_limiter_refused_spans',
  'exporter_sent_spans',
  'exporter_send_failed_spans',
  'exporter_enqueue_failed_spans',
  'exporter_queue_size',
  'exporter_queue_capacity',
  'exporter_in_flight_requests',
  'process_uptime',
  'process_cpu_seconds',
  'process_memory_rss',
];

test('a running collector shows on its Prometheus endpoint what it did', async (t) => {
  const { path, sink } = await configOf(t, '{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }');
  const run = new CommandRun(t, ['--config', path]);
  await sink.arrived(1);
  const url = await run.urlOf('service.telemetry');
  const scrape = async () => (await fetch(url)).text();
  const valueIn = (text: string, name: string) =>
    Number(new RegExp(`^otelcol_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
  let text = await scrape();
  while (valueIn(text, 'exporter_sent_spans') < ALL - 1) text = await scrape();
  for (const name of EXPECTED) t.true(Number.isFinite(valueIn(text, name)), name);
  const accepted = valueIn(text, 'receiver_accepted_spans');
  t.is(valueIn(text, 'exporter_sent_spans'), accepted);
  t.is(valueIn(text, 'processor_memory_limiter_accepted_spans'), accepted);
  t.is(valueIn(text, 'receiver_attached_files'), 1);
  t.regex(text, /^target_info\{service_name="otlp-mmap-collector",/m);
  t.is((await fetch(new URL('/', url))).status, 404);
  t.is(await run.stop(), 0, run.stderr);
});

/** Writes over the first record of a file's span ring that nobody read: a length, and no message behind it. */
function damageSpan(path: string): void {
  const file = readFileSync(path);
  const ring = Number(file.readBigInt64LE(16));
  const [slots, size, read] = [0, 8, 16].map((offset) => Number(file.readBigInt64LE(ring + offset)));
  const slot = ring + 32 + 4 * slots + ((read + 1) % slots) * size;
  Buffer.from([5, 0xff, 0xff, 0xff, 0xff, 0xff]).copy(file, slot);
  writeFileSync(path, file);
}

test('a record that cannot be decoded is counted as failed, of its signal alone', async (t) => {
  const { path, sink } = await configOf(t, '{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }');
  damageSpan(/files: \[(.*?)\]/.exec(readFileSync(path, 'utf8'))![1]);
  const run = new CommandRun(t, ['--config', path]);
  await sink.arrived(1);
  const url = await run.urlOf('service.telemetry');
  const failed = (text: string, item: string) =>
    new RegExp(`^otelcol_receiver_failed_${item}{receiver="mmap",transport="mmap"} (\\d+)$`, 'm').exec(text)?.[1];
  let text = '';
  while (failed(text, 'spans') !== '1') text = await (await fetch(url)).text();
  t.is(failed(text, 'log_records'), '0');
  t.is(failed(text, 'metric_points'), '0');
  t.regex(text, /^otelcol_receiver_quarantined_records\{receiver="mmap"\} 1$/m);
  t.is(await run.stop(), 0, run.stderr);
});

/** Counters and parts of histograms of a scrape, by their series. */
function countsIn(text: string): Map<string, number> {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
  const samples = [...text.matchAll(/^(otelcol_\w+?(_bucket|_sum|_count)?(?:\{.*\})?) (\S+)$/gm)];
  const isGauge = (series: string) => types.get(/^\w+/.exec(series)![0]) === 'gauge';
  return new Map(
    samples.filter(([, series]) => !isGauge(series)).map(([, series, , value]) => [series, Number(value)]),
  );
}

test('no counter steps back when SIGHUP brings another configuration, and of what is out of it only counters remain', async (t) => {
  const { path, sink } = await configOf(t, '{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }');
  const run = new CommandRun(t, ['--config', path]);
  await sink.arrived(1);
  const url = await run.urlOf('service.telemetry');
  const scrape = async () => (await fetch(url)).text();
  const sent = 'otelcol_exporter_sent_spans{exporter="otlphttp"}';
  let before = countsIn(await scrape());
  while (before.get(sent)! < ALL - 1) before = countsIn(await scrape());
  const configuration = readFileSync(path, 'utf8');
  for (const [compression, timeout] of [
    ['gzip', '1s'],
    ['none', '2s'],
  ]) {
    const other = configuration.replace('compression: none', `compression: ${compression}`);
    writeFileSync(path, other.replace('batch: }', `batch: { timeout: ${timeout} } }`));
    await run.reload();
    const after = countsIn(await scrape());
    for (const [series, value] of before) t.true(after.get(series)! >= value, `${series} stepped back from ${value}`);
    t.is(after.get(sent), before.get(sent), 'nothing is counted twice');
    before = after;
  }
  writeFileSync(
    path,
    configuration.replaceAll(/otlphttp\b/g, 'otlphttp/other').replace('[memory_limiter, batch]', '[batch]'),
  );
  await run.reload();
  const text = await scrape();
  t.notRegex(text, /_queue_(size|capacity)\{exporter="otlphttp"\}/);
  const after = countsIn(text);
  for (const [series, value] of before) t.true(after.get(series)! >= value, `${series} stepped back from ${value}`);
  t.regex(text, /exporter="otlphttp\/other"/);
  t.is(await run.stop(), 0, run.stderr);
});

test('what --stats-file says of an exporter goes on when SIGHUP configures it otherwise', async (t) => {
  const { path, sink } = await configOf(t, '{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }');
  const stats = join(temporaryFolder(t), 'stats.json');
  const run = new CommandRun(t, ['--config', path, '--stats-file', stats]);
  await sink.arrived(1);
  const sent = async () =>
    /_sent_spans\{.*\} (\d+)/.exec(await (await fetch(await run.urlOf('service.telemetry'))).text());
  while (Number((await sent())?.[1]) < ALL - 1);
  const configuration = readFileSync(path, 'utf8');
  for (const timeout of ['20s', '21s']) {
    writeFileSync(path, configuration.replace('compression: none', `compression: none, timeout: ${timeout}`));
    await run.reload();
  }
  t.is(await run.stop(), 0, run.stderr);
  // an orderly end delivers the one span that was open
  const { exporters } = JSON.parse(readFileSync(stats, 'utf8'));
  t.deepEqual(exporters, { otlphttp: { traces: { sent: ALL, rejected: 0, failed: 0, retries: 0 } } });
});

test('its own OTLP pipeline sends the same, at the end as well', async (t) => {
  const backend = await Sink.start();
  t.teardown(() => backend.close());
  const { path } = await configOf(
    t,
    `{ periodic: { interval: 3600000, exporter: { otlp: { endpoint: "${backend.url}/v1/metrics", headers: { key: hush } } } } }`,
  );
  const run = new CommandRun(t, ['--config', path]);
  t.is(await run.stop(), 0, run.stderr);
  t.is(backend.requests.length, 1);
  const [{ path: asked, headers }] = backend.requests;
  t.is(asked, '/v1/metrics');
  t.is(headers.key, 'hush');
});

test('a port in use is named with a remedy; exit code 78', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { path } = await configOf(t, `{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${port} } } } }`);
  const { code, stderr } = await runCommand(t, ['--config', path]);
  t.is(code, 78);
  t.regex(
    stderr,
    /^otlp-mmap-collector: service\.telemetry: cannot listen on 127\.0\.0\.1:\d+: EADDRINUSE: the port is in use/,
  );
});

test('without a configuration file several run side by side: no port is opened', async (t) => {
  const runs = [1, 2].map(() => new CommandRun(t, ['--dir', temporaryFolder(t), '--output', temporaryFolder(t)]));
  for (const run of runs) t.is(await run.stop(), 0, run.stderr);
});
