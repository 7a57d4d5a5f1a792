// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Signal } from '../../ts/collector/batch';
import { loadBinding } from '../../ts/native/loader';

// biome-ignore lint/suspicious/noExplicitAny: OTLP JSON
type Json = any;

interface Entry {
  text: string;
  /** Which collectors sent it, by their numbers. */
  lives: number[];
}

/** Things of one kind that a destination got from a line of collectors, each by what tells it from the others. */
class Account {
  readonly entries = new Map<string, Entry>();
  /** Those that came again. */
  repeated = 0;
  /** Sentences about what should not have come so. */
  readonly faults: string[] = [];

  add(key: string, item: Json, life: number): void {
    const text = JSON.stringify(item);
    const known = this.entries.get(key);
    if (known === undefined) {
      this.entries.set(key, { text, lives: [life] });
      return;
    }
    this.repeated++;
    if (known.text !== text) this.faults.push(`${key} came as ${known.text} and as ${text}`);
    if (known.lives.includes(life)) this.faults.push(`${key} came twice from collector ${life}`);
    known.lives.push(life);
  }
}

/** What came in export requests of all signals, from one collector after the other. */
export class Ledger {
  readonly spans = new Account();
  readonly logs = new Account();
  /** Points of delta sums: by attributes and interval. */
  readonly gains = new Account();
  /** Points of cumulative sums: by attributes and time. */
  readonly totals = new Account();

  take(signal: Signal, body: Buffer, life: number): void {
    const request: Json = JSON.parse(loadBinding().requestToJson(signal, body));
    for (const resource of request.resourceSpans ?? request.resourceLogs ?? request.resourceMetrics ?? []) {
      for (const scope of resource.scopeSpans ?? resource.scopeLogs ?? resource.scopeMetrics ?? []) {
        for (const span of scope.spans ?? []) this.spans.add(span.spanId, span, life);
        for (const log of scope.logRecords ?? []) this.logs.add(log.body.stringValue, log, life);
        for (const { sum } of scope.metrics ?? []) this.#takeSum(sum, life);
      }
    }
  }

  #takeSum({ aggregationTemporality, dataPoints }: Json, life: number): void {
    const isDelta = aggregationTemporality === 1;
    for (const point of dataPoints) {
      const attributes = JSON.stringify(point.attributes);
      const key = `${attributes} to ${point.timeUnixNano}`;
      (isDelta ? this.gains : this.totals).add(key, point, life);
    }
  }

  /** All gains, and what the newest totals say. */
  get sums(): { gains: number; totals: number } {
    const points = (account: Account): Json[] => [...account.entries.values()].map(({ text }) => JSON.parse(text));
    const add = (all: Json[]) => all.reduce((sum, { asDouble, asInt }) => sum + Number(asDouble ?? asInt), 0);
    const newest = new Map<string, Json>();
    for (const point of points(this.totals)) {
      const key = JSON.stringify(point.attributes);
      if (BigInt(point.timeUnixNano) > BigInt(newest.get(key)?.timeUnixNano ?? 0)) newest.set(key, point);
    }
    return { gains: add(points(this.gains)), totals: add([...newest.values()]) };
  }

  /** Gains of one series whose intervals overlap. */
  get overlaps(): string[] {
    const found: string[] = [];
    const series = new Map<string, Json[]>();
    for (const { text } of this.gains.entries.values()) {
      const point = JSON.parse(text);
      const key = JSON.stringify(point.attributes);
      series.set(key, [...(series.get(key) ?? []), point]);
    }
    const byTime = (a: Json, b: Json) => (BigInt(a.timeUnixNano) < BigInt(b.timeUnixNano) ? -1 : 1);
    for (const points of series.values()) {
      points.sort(byTime);
      for (const [index, point] of points.slice(1).entries()) {
        if (BigInt(point.startTimeUnixNano) < BigInt(points[index].timeUnixNano)) found.push(JSON.stringify(point));
      }
    }
    return found;
  }

  get faults(): string[] {
    return [this.spans, this.logs, this.gains, this.totals].flatMap(({ faults }) => faults);
  }
}
