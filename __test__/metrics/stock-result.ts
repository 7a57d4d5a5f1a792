// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { AggregationTemporality, MeterProvider, MetricReader, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { loadBinding } from '../../ts/native/loader';
import { type FlatMetric, flattenMetrics } from '../support/metric-json';

/** A reader that collects when it is told to. */
export class ManualReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }
  async onForceFlush() {}
  async onShutdown() {}
}

/** What the stock SDK has after some calls, as its OTLP exporter sends it. */
export async function stockResult(
  use: (provider: ApiMeterProvider) => void,
  views: readonly unknown[] = [],
): Promise<FlatMetric[]> {
  const reader = new ManualReader();
  const provider = new MeterProvider({ readers: [reader], views: views as ViewOptions[] });
  use(provider);
  const request = ProtobufMetricsSerializer.serializeRequest((await reader.collect()).resourceMetrics);
  await provider.shutdown();
  return flattenMetrics([JSON.parse(loadBinding().requestToJson('metrics', request ?? new Uint8Array()))]);
}
