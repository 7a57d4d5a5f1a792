// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { HistogramAggregation } from '../config/metrics.js';
import { warnOnce } from '../config/warn-once.js';
import { type InstrumentDescriptor, InstrumentType, isMonotonic } from './descriptor.js';

/** The numbers are those of the stock SDK. */
export const AggregationType = {
  DEFAULT: 0,
  DROP: 1,
  SUM: 2,
  LAST_VALUE: 3,
  EXPLICIT_BUCKET_HISTOGRAM: 4,
  EXPONENTIAL_HISTOGRAM: 5,
} as const;
export type AggregationType = (typeof AggregationType)[keyof typeof AggregationType];

/** What a view asks for; the stock SDK's options are taken as they are. */
export interface AggregationOption {
  readonly type: AggregationType;
  readonly options?: {
    readonly boundaries?: readonly number[];
    readonly maxSize?: number;
    readonly recordMinMax?: boolean;
  };
}

/** How measurements of one stream are kept; undefined in its place stands for "not at all". */
export type Aggregation =
  | { readonly kind: 'sum'; readonly monotonic: boolean }
  | { readonly kind: 'gauge' }
  | { readonly kind: 'histogram'; readonly boundaries: readonly number[]; readonly recordMinMax: boolean }
  | { readonly kind: 'exponential'; readonly maxSize: number; readonly recordMinMax: boolean };

/** Metrics SDK specification, "Explicit Bucket Histogram Aggregation". */
const DEFAULT_BOUNDARIES: readonly number[] = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
/** Metrics SDK specification, "Base2 Exponential Bucket Histogram Aggregation": also the most that a cell has room for. */
const DEFAULT_MAX_SIZE = 160;
const MIN_MAX_SIZE = 2;

/** What an instrument's measurements become, by the view's wish or by its kind. */
export function resolveAggregation(
  instrument: InstrumentDescriptor,
  wish: AggregationOption | undefined,
  histograms: HistogramAggregation,
): Aggregation | undefined {
  switch (wish?.type ?? AggregationType.DEFAULT) {
    case AggregationType.DROP:
      return undefined;
    case AggregationType.SUM:
      return { kind: 'sum', monotonic: isMonotonic(instrument.type) };
    case AggregationType.LAST_VALUE:
      return { kind: 'gauge' };
    case AggregationType.EXPLICIT_BUCKET_HISTOGRAM:
      return explicit(instrument, wish?.options?.boundaries, wish?.options?.recordMinMax);
    case AggregationType.EXPONENTIAL_HISTOGRAM:
      return exponential(instrument, wish?.options?.maxSize, wish?.options?.recordMinMax);
    case AggregationType.DEFAULT:
      return byKind(instrument, histograms);
    default:
      warnOnce(`the view for ${instrument.name} names an unknown aggregation: the default is used`);
      return byKind(instrument, histograms);
  }
}

function byKind(instrument: InstrumentDescriptor, histograms: HistogramAggregation): Aggregation {
  switch (instrument.type) {
    case InstrumentType.GAUGE:
    case InstrumentType.OBSERVABLE_GAUGE:
      return { kind: 'gauge' };
    case InstrumentType.HISTOGRAM:
      // Advice is about buckets; it wins, since it comes from whom knows the values.
      if (instrument.boundaries === undefined && histograms === 'base2_exponential_bucket_histogram') {
        return exponential(instrument, undefined, undefined);
      }
      return explicit(instrument, instrument.boundaries, undefined);
    default:
      return { kind: 'sum', monotonic: isMonotonic(instrument.type) };
  }
}

function explicit(instrument: InstrumentDescriptor, wish: unknown, recordMinMax: boolean | undefined): Aggregation {
  const boundaries = wish === undefined || wish === null ? DEFAULT_BOUNDARIES : soundBoundaries(instrument, wish);
  return { kind: 'histogram', boundaries, recordMinMax: recordMinMax ?? true };
}

/** Ascending, finite, each once, as OTLP asks. */
function soundBoundaries(instrument: InstrumentDescriptor, wish: unknown): readonly number[] {
  if (!Array.isArray(wish)) {
    warnOnce(`the bucket boundaries of ${instrument.name} are not an array: the default ones are used`);
    return DEFAULT_BOUNDARIES;
  }
  const numbers: number[] = wish.filter((bound) => typeof bound === 'number' && !Number.isNaN(bound));
  if (numbers.length < wish.length) {
    warnOnce(`the bucket boundaries of ${instrument.name} are not all numbers: those that are none are left out`);
  }
  // The outermost buckets reach to the infinities anyway.
  return [...new Set(numbers.filter(Number.isFinite))].sort((a, b) => a - b);
}

function exponential(instrument: InstrumentDescriptor, wish: number | undefined, minMax?: boolean): Aggregation {
  let maxSize = wish ?? DEFAULT_MAX_SIZE;
  if (!(Number.isInteger(maxSize) && maxSize >= MIN_MAX_SIZE && maxSize <= DEFAULT_MAX_SIZE)) {
    const sound = Math.min(Math.max(Math.trunc(maxSize) || DEFAULT_MAX_SIZE, MIN_MAX_SIZE), DEFAULT_MAX_SIZE);
    warnOnce(`the exponential histogram ${instrument.name} cannot have ${maxSize} buckets: it gets ${sound}`);
    maxSize = sound;
  }
  return { kind: 'exponential', maxSize, recordMinMax: minMax ?? true };
}
