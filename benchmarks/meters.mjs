// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createRequire } from 'node:module';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/** Above every number of series that is measured: no measurement may end in the overflow series. */
const LIMIT = 2_000_000;
/** The most that can be set. */
const MOST = 10_000_000;

/** Meter providers by arm: { getMeter(name), collect() }. Apps with metrics have traces as well, so there is a context manager. */
export const METERS = {
  stock: stockMeters,
  provider: ownMeters,
  bound: ownMeters,
};

/** With an exporter that serialises for OTLP/protobuf and sends nothing. `collect` resolves with the number of points. */
async function stockMeters() {
  const { MeterProvider, PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
  const { ProtobufMetricsSerializer } = await import('@opentelemetry/otlp-transformer');
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  let points = 0;
  const exporter = {
    export(metrics, done) {
      ProtobufMetricsSerializer.serializeRequest(metrics);
      points = metrics.scopeMetrics[0].metrics[0].dataPoints.length;
      done({ code: 0 });
    },
    async forceFlush() {},
    async shutdown() {},
  };
  const never = { exportIntervalMillis: 2 ** 31 - 1, exportTimeoutMillis: 2 ** 31 - 1 };
  const reader = new PeriodicExportingMetricReader({ exporter, ...never, cardinalityLimits: { default: LIMIT } });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    getMeter: (name) => provider.getMeter(name),
    async collect() {
      await provider.forceFlush();
      return points;
    },
  };
}

async function ownMeters({ directory }) {
  const { MmapMeterProvider } = createRequire(import.meta.url)('../dist/index.js');
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new MmapMeterProvider({
    directory,
    cardinalityLimit: MOST,
    directoryLimit: 2 ** 34,
    exportIntervalMillis: 2 ** 31 - 1,
  });
  return {
    getMeter: (name) => provider.getMeter(name),
    collect: () => provider.collect(),
    forceFlush: () => provider.forceFlush(),
  };
}
