// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ExemplarFilter, HistogramAggregation, TemporalityPreference } from '../config/metrics.js';
import type { ProducerOptions } from '../producer/options.js';
import type { ViewOptions } from './view.js';

/** Options of MmapMeterProvider. What is left out comes from the environment, else has the stock SDK's default. */
export interface MmapMeterProviderOptions extends ProducerOptions {
  /** What becomes of which instruments; the stock SDK's view options are taken. */
  views?: readonly ViewOptions[];
  /** How often callbacks of observable instruments are asked, in milliseconds. Default: OTEL_METRIC_EXPORT_INTERVAL, else 60,000. */
  exportIntervalMillis?: number;
  /** How long a callback may take, in milliseconds. Default: OTEL_METRIC_EXPORT_TIMEOUT, else 30,000; at most the interval. */
  exportTimeoutMillis?: number;
  /** Which measurements may become exemplars. Default: OTEL_METRICS_EXEMPLAR_FILTER, else `trace_based`. */
  exemplarFilter?: ExemplarFilter;
  /** What a collector that follows the app's settings exports. Default: OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE, else `cumulative`. */
  temporality?: TemporalityPreference;
  /** What histograms without a view or advice become. Default: OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION, else explicit. */
  histogramAggregation?: HistogramAggregation;
  /**
   * How long a series of a synchronous instrument may go without a measurement before it ends, in milliseconds. Its next measurement begins a
   * new one. Bound ones do not end. Default: never.
   */
  seriesIdleMillis?: number;
  /** Series of an instrument whose view sets no limit, the one for what is beyond it among them. Default 2000. */
  cardinalityLimit?: number;
}
