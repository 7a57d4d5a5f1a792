// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readHistogramAggregation } from '../config/metrics.js';
import { AggregationType } from '../metrics/aggregation.js';
import type { PlaceOptions } from '../producer/options.js';
import { StockExporter } from './exporter.js';
import { AggregationTemporality, type StockResourceMetrics } from './metric-data.js';

/** What the exporter asks for, in the stock SDK's numbers. */
export type StockAggregation =
  | { type: typeof AggregationType.DEFAULT }
  | { type: typeof AggregationType.EXPONENTIAL_HISTOGRAM };

/**
 * Push exporter for the metrics of the stock SDK (2.x and 3.x), behind its PeriodicExportingMetricReader. It asks for running totals and puts
 * them into the cells of the memory-mapped file; collectors make any temporality of them. `MmapMetricReader` is both in one.
 * What was measured since the last export is lost in a crash; with `MmapMeterProvider` it is not.
 */
export class MmapMetricExporter extends StockExporter<StockResourceMetrics> {
  constructor(options: PlaceOptions = {}) {
    super(options, 'metrics');
  }

  /** @internal */
  protected override write({ resource, scopeMetrics }: StockResourceMetrics): void {
    const producer = this.producerOf(resource);
    for (const { scope, metrics } of scopeMetrics) {
      for (const metric of metrics) producer.metrics.write(producer.scopeOf(scope), metric);
    }
  }

  /** Running totals, whatever the instrument: what cells hold. */
  selectAggregationTemporality(_instrumentType?: unknown): number {
    return AggregationTemporality.CUMULATIVE;
  }

  /** The instrument's own, but for histograms as OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION says. */
  selectAggregation(instrumentType: unknown): StockAggregation {
    const exponential = readHistogramAggregation(process.env) === 'base2_exponential_bucket_histogram';
    const { DEFAULT, EXPONENTIAL_HISTOGRAM } = AggregationType;
    return exponential && instrumentType === 'HISTOGRAM' ? { type: EXPONENTIAL_HISTOGRAM } : { type: DEFAULT };
  }
}
