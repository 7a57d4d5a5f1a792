// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readHistogramAggregation } from '../config/metrics.js';
import { AggregationType } from '../metrics/aggregation.js';
import type { PlaceOptions } from '../producer/options.js';
import { AggregationTemporality, type StockResourceMetrics } from './metric-data.js';
import { Producers } from './producers.js';
import type { ExportResult } from './span-exporter.js';

/** What the exporter asks for, in the stock SDK's numbers. */
export type StockAggregation =
  | { type: typeof AggregationType.DEFAULT }
  | { type: typeof AggregationType.EXPONENTIAL_HISTOGRAM };

/**
 * Push exporter for the metrics of the stock SDK (2.x and 3.x), behind its PeriodicExportingMetricReader. It asks for running totals and puts
 * them into the cells of the memory-mapped file; collectors make any temporality of them. `MmapMetricReader` is both in one.
 * What was measured since the last export is lost in a crash; with `MmapMeterProvider` it is not.
 */
export class MmapMetricExporter {
  readonly #producers: Producers;

  constructor(options: PlaceOptions = {}) {
    this.#producers = new Producers(options, 'metrics');
  }

  export(metrics: StockResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    let result: ExportResult = { code: 0 };
    try {
      const producer = this.#producers.of(metrics.resource);
      if (producer === undefined) {
        throw new Error('otlp-mmap: the metrics cannot be written: the exporter is shut down, or could not start');
      }
      for (const { scope, metrics: list } of metrics.scopeMetrics) {
        for (const metric of list) producer.metrics.write(producer.scopeOf(scope), metric);
      }
    } catch (error) {
      result = { code: 1, error: error as Error };
    }
    resultCallback(result);
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

  /** Resolves when the collector has exported everything written so far; rejects, naming what is in the way, after `flushTimeoutMillis`. */
  forceFlush(): Promise<void> {
    return this.#producers.flush();
  }

  /** Ends the writing. It does not wait for the collector: what was written is in the file. */
  async shutdown(): Promise<void> {
    this.#producers.close();
  }
}
