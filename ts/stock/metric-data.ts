// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { HrTime } from '@opentelemetry/api';
import type { StockAttributes, StockResource, StockScope } from './readable-span.js';

// What the stock SDK hands to exporters, by structure, of major versions 2 and 3 alike. Its enumerations are numbers.

export const DataPointType = { HISTOGRAM: 0, EXPONENTIAL_HISTOGRAM: 1, GAUGE: 2, SUM: 3 } as const;
export const AggregationTemporality = { DELTA: 0, CUMULATIVE: 1 } as const;

export interface StockResourceMetrics {
  readonly resource: StockResource;
  readonly scopeMetrics: readonly StockScopeMetrics[];
}

export interface StockScopeMetrics {
  readonly scope: StockScope;
  readonly metrics: readonly StockMetric[];
}

export interface StockMetricDescriptor {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** 0 is whole numbers. */
  readonly valueType: number;
}

export interface StockMetric {
  readonly descriptor: StockMetricDescriptor;
  readonly aggregationTemporality: number;
  readonly dataPointType: number;
  readonly dataPoints: readonly StockPoint[];
  readonly isMonotonic?: boolean;
}

export interface StockPoint {
  readonly attributes: StockAttributes;
  readonly startTime: HrTime;
  /** A number, or one of the histograms, as `dataPointType` says. */
  readonly value: unknown;
}

interface StockTotals {
  readonly count: number;
  /** Left out where it would mean nothing. */
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
}

export interface StockHistogram extends StockTotals {
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] };
}

export interface StockExponentialHistogram extends StockTotals {
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: StockBuckets;
  readonly negative: StockBuckets;
}

export interface StockBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

/** What collects the stock SDK's metrics. */
export interface StockMetricProducer {
  collect(options?: {
    timeoutMillis?: number;
  }): Promise<{ readonly resourceMetrics: StockResourceMetrics; readonly errors: unknown[] }>;
}
