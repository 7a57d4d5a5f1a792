// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type * as Metrics from '@opentelemetry/sdk-metrics';
import { loadBinding } from '../../ts/native/loader';
import type { StockMetricSdk, View } from './metric-differential';

interface Serializer {
  serializeRequest(metrics: never): Uint8Array | undefined;
}

/** The stock SDK of one version. */
export function createStockMetricSdk(sdk: typeof Metrics, serializer: Serializer): StockMetricSdk {
  class ManualReader extends sdk.MetricReader {
    async onForceFlush() {}
    async onShutdown() {}
  }
  const viewOf = ({ keys, ...view }: View): Metrics.ViewOptions => {
    const create = keys?.allow ? sdk.createAllowListAttributesProcessor : sdk.createDenyListAttributesProcessor;
    return { ...view, ...(keys && { attributesProcessors: [create(keys.list)] }) } as Metrics.ViewOptions;
  };
  return {
    createProvider: (views, reader) =>
      new sdk.MeterProvider({ views: views.map(viewOf), readers: [reader as Metrics.MetricReader] }),
    createManualReader: () => new ManualReader(),
    createPeriodicReader: (exporter) =>
      new sdk.PeriodicExportingMetricReader({
        exporter: exporter as Metrics.PushMetricExporter,
        exportIntervalMillis: 1e9,
      }),
    async collect(manualReader) {
      const { resourceMetrics } = await (manualReader as Metrics.MetricReader).collect();
      const request = serializer.serializeRequest(resourceMetrics as never) ?? new Uint8Array();
      return JSON.parse(loadBinding().requestToJson('metrics', request));
    },
  };
}
