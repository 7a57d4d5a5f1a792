// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createRequire } from 'node:module';

/** Above every number of series that is measured: no measurement may end in the overflow series. */
const LIMIT = 2_000_000;

/** Meter providers by arm: { getMeter, collect(), shutdown() }. */
export const METERS = {
  stock: () => stockMeters(),
  provider: (settings) => ownMeters(settings),
  bound: (settings) => ownMeters(settings),
};

/** With its exporter for OTLP/protobuf, which serialises what it is given and sends it nowhere. */
async function stockMeters() {
  const { MeterProvider, PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
  const { ProtobufMetricsSerializer } = await import('@opentelemetry/otlp-transformer');
  const exporter = {
    bytes: 0,
    export(metrics, done) {
      exporter.bytes = ProtobufMetricsSerializer.serializeRequest(metrics).length;
      done({ code: 0 });
    },
    async forceFlush() {},
    async shutdown() {},
  };
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 1e9,
    exportTimeoutMillis: 1e9,
    cardinalityLimits: { default: LIMIT },
  });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    getMeter: (name) => provider.getMeter(name),
    collect: () => provider.forceFlush(),
    shutdown: async () => {},
  };
}

async function ownMeters({ directory }) {
  const { MmapMeterProvider } = createRequire(import.meta.url)('../dist/index.js');
  const provider = new MmapMeterProvider({ directory, cardinalityLimit: LIMIT, directoryLimit: 2 ** 34 });
  return {
    getMeter: (name) => provider.getMeter(name),
    collect: () => provider.collect(),
    shutdown: () => provider.shutdown(),
  };
}
