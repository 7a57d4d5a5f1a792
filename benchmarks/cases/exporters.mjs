// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { costOfExport, produceSpans } from '../exported-load.mjs';
import { freePort } from '../free-port.mjs';
import { otelcol } from '../otelcol/build.mjs';
import { runScript, withConfiguredCollector, withDirectory, withOtelcol, withSink } from '../processes.mjs';

const http = (compression) => (sink) => ({ otlphttp: { endpoint: sink.url, compression } });
const grpc = (compression) => (sink) => ({ otlp: { endpoint: sink.grpc, compression, tls: { insecure: true } } });

const ARMS = {
  http: { title: 'http', exporters: http('none') },
  gzip: { title: 'http with gzip', exporters: http('gzip') },
  grpc: { title: 'gRPC', exporters: grpc('none') },
  'grpc-gzip': { title: 'gRPC with gzip', exporters: grpc('gzip') },
  'http-3': { title: 'http, three destinations', exporters: http('none'), destinations: 3 },
  'gzip-3': { title: 'http with gzip, three destinations', exporters: http('gzip'), destinations: 3 },
  'otelcol-http': { title: 'OpenTelemetry Collector, http', exporters: http('none'), otelcol: true },
  'otelcol-gzip': { title: 'OpenTelemetry Collector, http with gzip', exporters: http('gzip'), otelcol: true },
};

export default {
  title: 'The collector, by exporter, beside the OpenTelemetry Collector',
  description: `Two processes make the spans of the first table at a steady rate; one collector with memory_limiter and batch reads their files and
exports them to sinks on the same machine, each of which has to receive every one. CPU is that of the collector's process alone, all
threads, from the first span until the last is acknowledged, after warm-up. The OpenTelemetry Collector (core components 0.119.0) is sent the
same spans over OTLP/HTTP in requests of 512, as SDKs send them. The rival of one destination is the OpenTelemetry Collector, that of three is
one.`,
  arms: ARMS,
  metrics: [
    { key: 'spansPerCoreSecond', title: 'spans a second per core', unit: '', ratio: 'more' },
    { key: 'cpuMicroseconds', title: 'CPU a span', unit: 'µs' },
  ],
  rival: { http: 'otelcol-http', gzip: 'otelcol-gzip', 'http-3': 'http', 'gzip-3': 'gzip' },
  expected: [
    { arm: 'http', metric: 'spansPerCoreSecond', of: 'metrics', atLeast: 1_050_000 },
    { arm: 'gzip', metric: 'spansPerCoreSecond', of: 'metrics', atLeast: 600_000 },
    { arm: 'grpc', metric: 'spansPerCoreSecond', of: 'metrics', atLeast: 750_000 },
    { arm: 'http', metric: 'spansPerCoreSecond', of: 'ratios', atLeast: 3 },
    { arm: 'gzip', metric: 'spansPerCoreSecond', of: 'ratios', atLeast: 2.5 },
    { arm: 'http-3', metric: 'spansPerCoreSecond', of: 'ratios', atLeast: 1 / 1.4 },
    { arm: 'gzip-3', metric: 'spansPerCoreSecond', of: 'ratios', atLeast: 1 / 1.15 },
  ],
  settings: { rounds: 3, producers: 2, spansPerSecond: 50_000, seconds: 6, warmUpSeconds: 2 },
  smoke: { rounds: 1, producers: 2, spansPerSecond: 5000, seconds: 1, warmUpSeconds: 1 },

  async missing(name) {
    return ARMS[name].otelcol ? (await otelcol()).missing : undefined;
  },

  measure(name, settings) {
    const arm = ARMS[name];
    return withSinks(arm.destinations ?? 1, (sinks) =>
      arm.otelcol ? measureOtelcol(arm, sinks, settings) : measureCollector(arm, sinks, settings),
    );
  },
};

/** One section for each sink. */
function exportersOf(arm, sinks) {
  const sections = sinks.flatMap((sink, number) =>
    Object.entries(arm.exporters(sink)).map(([type, section]) => [`${type}/${number}`, section]),
  );
  return Object.fromEntries(sections);
}

function service(receiver, exporters) {
  const pipeline = {
    receivers: [receiver],
    processors: ['memory_limiter', 'batch'],
    exporters: Object.keys(exporters),
  };
  return { pipelines: { traces: pipeline } };
}

const PROCESSORS = { memory_limiter: { check_interval: '1s', limit_mib: 1024 }, batch: { send_batch_size: 8192 } };

function measureCollector(arm, sinks, settings) {
  return withDirectory((directory) => {
    const exporters = exportersOf(arm, sinks);
    const receivers = { mmap: { include: [directory] } };
    // Without a journal: the OpenTelemetry Collector has none either.
    const withoutJournal = { ...service('mmap', exporters), storage: 'none' };
    const config = { receivers, processors: PROCESSORS, exporters, service: withoutJournal };
    return withConfiguredCollector(config, directory, (collector) =>
      costOfExport(collector, sinks, settings, (seconds) => produceSpans(directory, settings, seconds)),
    );
  });
}

async function measureOtelcol(arm, sinks, settings) {
  const { path } = await otelcol();
  const exporters = exportersOf(arm, sinks);
  const endpoint = `127.0.0.1:${await freePort()}`;
  const receivers = { otlp: { protocols: { http: { endpoint } } } };
  const config = {
    receivers,
    processors: PROCESSORS,
    exporters,
    service: { ...service('otlp', exporters), telemetry: { metrics: { level: 'none' } } },
  };
  return withOtelcol(path, config, (collector) =>
    costOfExport(collector, sinks, settings, async (seconds) => {
      const spansPerSecond = settings.spansPerSecond * settings.producers;
      return (await runScript('otlp-load.mjs', { url: `http://${endpoint}`, spansPerSecond, seconds })).made;
    }),
  );
}

function withSinks(count, use, sinks = []) {
  return sinks.length === count ? use(sinks) : withSink((sink) => withSinks(count, use, [...sinks, sink]));
}
