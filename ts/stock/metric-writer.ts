// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { warnOnce } from '../config/warn-once.js';
import { encodeAttributeSet } from '../metrics/attribute-set.js';
import type { Cells } from '../metrics/cells.js';
import { SeriesIndex, UNKNOWN_SERIES } from '../metrics/series-index.js';
import type { InstrumentOptions } from '../native/binding/cells.js';
import { COMMIT_PUBLISHED, SCRATCH_RECORD, SCRATCH_RECORD_LENGTH } from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import { encodeScope } from '../record/otlp-value.js';
import type { Scope } from '../record/scope.js';
import {
  AggregationTemporality,
  DataPointType,
  type StockBuckets,
  type StockExponentialHistogram,
  type StockHistogram,
  type StockMetric,
  type StockMetricDescriptor,
  type StockPoint,
} from './metric-data.js';

const { view } = threadScratch;

/** What `storeCell` calls the forms of a point. */
const VALUE = 0;
const EXPLICIT = 1;
const EXPONENTIAL = 2;
/** The stock SDK has limited the series already; this is only above what it can have. */
const SERIES_LIMIT = 10_000_000;
const DEFAULT_MAX_SIZE = 160;
const INTEGER = 0;

/** A metric of the stock SDK and its cells. */
interface Target {
  readonly instrument: number;
  readonly dataPointType: number;
  epoch: number;
  index: SeriesIndex;
}

/** Stores the points of the stock SDK into cells: what a point says is what its cell holds. */
export class MetricWriter {
  readonly #cells: Cells;
  /** Descriptors are one object a metric, as long as it lives. */
  readonly #targets = new WeakMap<StockMetricDescriptor, Target>();

  constructor(cells: Cells) {
    this.#cells = cells;
  }

  /** @throws Error naming the metric that the file cannot hold. */
  write(scope: Scope, metric: StockMetric): void {
    const { descriptor, dataPointType, aggregationTemporality, dataPoints } = metric;
    if (dataPointType !== DataPointType.GAUGE && aggregationTemporality !== AggregationTemporality.CUMULATIVE) {
      warnOnce(
        `${descriptor.name} comes with delta temporality, of which cells are not made: let the reader ask this exporter ` +
          '(selectAggregationTemporality)',
      );
      return;
    }
    if (dataPoints.length === 0) return;
    let target = this.#targets.get(descriptor);
    if (target === undefined || target.dataPointType !== dataPointType) {
      target = this.#define(scope, metric);
      this.#targets.set(descriptor, target);
    }
    if (target.epoch !== this.#cells.tick.epoch) {
      target.epoch = this.#cells.tick.epoch;
      target.index = new SeriesIndex();
    }
    for (const point of dataPoints) this.#store(target, descriptor, point);
  }

  #define(scope: Scope, metric: StockMetric): Target {
    const { descriptor, dataPointType } = metric;
    const instrument = this.#cells.define({
      scope: encodeScope(scope),
      schemaUrl: scope.schemaUrl,
      name: descriptor.name,
      description: descriptor.description,
      unit: descriptor.unit,
      integer: descriptor.valueType === INTEGER,
      limit: SERIES_LIMIT,
      ...kindOf(metric),
    });
    return { instrument, dataPointType, epoch: this.#cells.tick.epoch, index: new SeriesIndex() };
  }

  #store(target: Target, descriptor: StockMetricDescriptor, point: StockPoint): void {
    let series = target.index.find(point.attributes);
    if (series === UNKNOWN_SERIES) {
      series = this.#cells.find(target.instrument, encodeAttributeSet(point.attributes, undefined));
      if (series > 0) target.index.remember(series);
    }
    const { dataPointType } = target;
    const [kind, end] = encodePoint(dataPointType, point);
    const status = series > 0 ? this.#cells.store(target.instrument, series, kind, end - SCRATCH_RECORD) : -series;
    if (status !== COMMIT_PUBLISHED) {
      warnOnce(`points of ${descriptor.name} could not be stored (status ${status})`);
    }
  }
}

function kindOf({
  dataPointType,
  dataPoints,
  isMonotonic,
}: StockMetric): Pick<InstrumentOptions, 'kind'> & Partial<InstrumentOptions> {
  switch (dataPointType) {
    case DataPointType.GAUGE:
      return { kind: 'gauge' };
    case DataPointType.HISTOGRAM: {
      const { buckets, sum, min } = dataPoints[0].value as StockHistogram;
      return { kind: 'histogram', bounds: [...buckets.boundaries], sum: sum !== undefined, minMax: min !== undefined };
    }
    case DataPointType.EXPONENTIAL_HISTOGRAM: {
      const { positive, negative, sum, min } = dataPoints[0].value as StockExponentialHistogram;
      const maxSize = Math.max(DEFAULT_MAX_SIZE, positive.bucketCounts.length, negative.bucketCounts.length);
      return { kind: 'exponential', maxSize, sum: sum !== undefined, minMax: min !== undefined };
    }
    default:
      return { kind: 'sum', monotonic: isMonotonic === true };
  }
}

/** Writes a point as `storeCell` takes it. Returns its form and where it ends. */
function encodePoint(dataPointType: number, { startTime, value }: StockPoint): [kind: number, end: number] {
  let to = put(put(SCRATCH_RECORD, startTime[0]), startTime[1]);
  if (dataPointType === DataPointType.HISTOGRAM) {
    const histogram = value as StockHistogram;
    to = putTotals(to, histogram);
    return [EXPLICIT, putCounts(to, histogram.buckets.counts)];
  }
  if (dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) {
    const { zeroCount, scale, positive, negative } = value as StockExponentialHistogram;
    to = putTotals(to, value as StockExponentialHistogram);
    to = put(put(to, zeroCount), scale);
    to = putRange(putRange(to, positive), negative);
    return [EXPONENTIAL, putCounts(putCounts(to, positive.bucketCounts), negative.bucketCounts)];
  }
  to = put(to, value as number);
  return [VALUE, put(put(to, 0), 0)];
}

function putTotals(at: number, { sum, min, max }: { sum?: number; min?: number; max?: number }): number {
  return put(put(put(at, sum ?? 0), min ?? Number.POSITIVE_INFINITY), max ?? Number.NEGATIVE_INFINITY);
}

function putRange(at: number, { offset, bucketCounts }: StockBuckets): number {
  return put(put(at, offset), bucketCounts.length);
}

function putCounts(at: number, counts: readonly number[]): number {
  let to = at;
  for (const count of counts) to = put(to, count);
  return to;
}

/** Beyond the buffer nothing is written: what is too long for it is refused by its length. */
function put(at: number, value: number): number {
  if (at + 8 <= SCRATCH_RECORD + SCRATCH_RECORD_LENGTH) view.setFloat64(at, value, true);
  return at + 8;
}
