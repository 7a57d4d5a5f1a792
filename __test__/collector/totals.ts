// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { loadBinding } from '../../ts/native/loader';

// biome-ignore lint/suspicious/noExplicitAny: OTLP JSON
type Json = any;

type Temporality = 'cumulative' | 'delta';

interface Point {
  start: bigint;
  time: bigint;
  /** Of a histogram its count. */
  value: number;
}

/** Values of one series, in the order of their times: requests that are under way at once may overtake each other. */
class Series {
  readonly isDelta: boolean;
  readonly points: Point[] = [];
  /** Points that came again as they were: what was in flight when a collector died. */
  repeated = 0;
  readonly #faults: string[] = [];

  constructor(isDelta: boolean) {
    this.isDelta = isDelta;
  }

  add(point: Point): void {
    const { points } = this;
    const known = points.find(({ start, time }) => start === point.start && time === point.time);
    if (known !== undefined) {
      this.repeated++;
      if (known.value !== point.value) {
        this.#faults.push(`has ${known.value} and ${point.value} from ${point.start} to ${point.time}`);
      }
      return;
    }
    points.push(point);
    for (let at = points.length - 1; at > 0 && points[at].time < points[at - 1].time; at--) {
      [points[at - 1], points[at]] = [points[at], points[at - 1]];
    }
  }

  /** The last value of each stretch from one start time; all differences together are one. */
  get values(): number[] {
    if (this.isDelta) return [this.points.reduce((sum, { value }) => sum + value, 0)];
    return this.points.filter(({ start }, index) => this.points[index + 1]?.start !== start).map(({ value }) => value);
  }

  /** Sentences about what no counter may do. */
  get faults(): string[] {
    const faults = this.points.slice(1).flatMap(({ start, time, value }, index) => {
      const before = this.points[index];
      if (this.isDelta || start !== before.start) {
        return start < before.time ? [`begins at ${start}, before the ${before.time} of what came before`] : [];
      }
      return value < before.value ? [`steps back from ${before.value} to ${value} at ${time}`] : [];
    });
    const empty = this.points
      .filter(({ start, time }) => start >= time)
      .map(({ time }) => `ends at ${time} as it begins`);
    return [...this.#faults, ...faults, ...empty];
  }
}

/** The sums and histograms that a destination was sent, series by series. */
export class Totals {
  /** By metric and attributes. */
  readonly series = new Map<string, Series>();
  readonly #faults: string[] = [];
  readonly #only: Temporality | undefined;
  readonly #by: string | undefined;

  /**
   * @param only What is of the other temporality is passed over.
   * @param by An attribute of the resource whose value tells series apart, before their names.
   */
  constructor(only?: Temporality, by?: string) {
    this.#only = only;
    this.#by = by;
  }

  take(body: Buffer): void {
    const request: Json = JSON.parse(loadBinding().requestToJson('metrics', body));
    for (const { resource, scopeMetrics } of request.resourceMetrics) {
      const of = this.#by && resource.attributes.find(({ key }: Json) => key === this.#by)?.value;
      const before = of === undefined ? '' : `${of.stringValue ?? of.intValue} `;
      for (const { metrics } of scopeMetrics) {
        for (const { name, sum, histogram, exponentialHistogram } of metrics) {
          const { dataPoints, aggregationTemporality } = sum ?? histogram ?? exponentialHistogram;
          const isDelta = aggregationTemporality === 1;
          if (this.#only !== undefined && isDelta !== (this.#only === 'delta')) continue;
          for (const point of dataPoints) this.#add(`${before}${name}`, point, isDelta);
        }
      }
    }
  }

  #add(name: string, point: Json, isDelta: boolean): void {
    const attributes = point.attributes
      .map(({ key, value }: Json) => `${key}=${value.stringValue ?? value.intValue}`)
      .sort();
    const key = `${name}{${attributes.join()}}`;
    const value = Number(point.count ?? point.asDouble ?? point.asInt);
    if (point.bucketCounts !== undefined) {
      const counts = point.bucketCounts.reduce((all: number, each: string) => all + Number(each), 0);
      if (counts !== value) this.#faults.push(`${key} has ${counts} in its buckets, and a count of ${value}`);
    }
    const series = this.series.get(key) ?? new Series(isDelta);
    this.series.set(key, series);
    series.add({ start: BigInt(point.startTimeUnixNano), time: BigInt(point.timeUnixNano), value });
  }

  /** What all stretches of all series of a metric add up to. */
  sumOf(metric: string): number {
    const all = [...this.series].filter(([key]) => key.startsWith(`${metric}{`)).flatMap(([, { values }]) => values);
    return all.reduce((sum, value) => sum + value, 0);
  }

  /** Sentences about what should not have come so. */
  get faults(): string[] {
    return [
      ...this.#faults,
      ...[...this.series].flatMap(([key, { faults }]) => faults.map((each) => `${key} ${each}`)),
    ];
  }
}
