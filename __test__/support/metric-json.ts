// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// biome-ignore lint/suspicious/noExplicitAny: OTLP JSON of any maker
type Json = any;

/** A metric in a form in which equal metrics are deeply equal: points sorted, numbers as numbers, no times. */
export interface FlatMetric {
  scope: string;
  name: string;
  description: string;
  unit: string;
  kind: string;
  temporality: number;
  monotonic: boolean;
  points: FlatPoint[];
}

export interface FlatPoint {
  attributes: string;
  value: unknown;
}

const KINDS = ['sum', 'gauge', 'histogram', 'exponentialHistogram'] as const;

/** The metrics of export requests in OTLP JSON, sorted; points of one metric in several requests are joined. */
export function flattenMetrics(requests: Json[]): FlatMetric[] {
  const found = new Map<string, FlatMetric>();
  for (const request of requests) {
    for (const resource of request.resourceMetrics ?? []) {
      for (const scope of resource.scopeMetrics ?? []) {
        for (const metric of scope.metrics ?? []) add(found, scope, metric);
      }
    }
  }
  const metrics = [...found.entries()].sort(byFirst).map(([, metric]) => metric);
  for (const metric of metrics) metric.points.sort((a, b) => compare(a.attributes, b.attributes));
  return metrics;
}

function add(found: Map<string, FlatMetric>, scope: Json, metric: Json): void {
  const kind = KINDS.find((each) => metric[each] !== undefined) ?? 'none';
  const data = metric[kind] ?? {};
  const head = {
    scope: `${scope.scope?.name ?? ''}@${scope.scope?.version ?? ''} ${scope.schemaUrl ?? ''}`,
    name: metric.name,
    description: metric.description ?? '',
    unit: metric.unit ?? '',
    kind,
    temporality: temporality(data.aggregationTemporality),
    monotonic: data.isMonotonic ?? false,
  };
  const points = (data.dataPoints ?? []).map((point: Json) => ({
    attributes: JSON.stringify(attributes(point.attributes)),
    value: pointValue(kind, point),
  }));
  if (points.length === 0) return;
  const key = JSON.stringify(head);
  const known = found.get(key);
  if (known === undefined) found.set(key, { ...head, points });
  else known.points.push(...points);
}

function temporality(value: unknown): number {
  if (typeof value === 'number') return value;
  return { AGGREGATION_TEMPORALITY_DELTA: 1, AGGREGATION_TEMPORALITY_CUMULATIVE: 2 }[String(value)] ?? 0;
}

function pointValue(kind: string, point: Json): unknown {
  switch (kind) {
    case 'histogram':
      return {
        count: Number(point.count ?? 0),
        ...parts(point),
        bounds: (point.explicitBounds ?? []).map(Number),
        counts: (point.bucketCounts ?? []).map(Number),
      };
    case 'exponentialHistogram':
      return {
        count: Number(point.count ?? 0),
        ...parts(point),
        scale: point.scale ?? 0,
        zeroCount: Number(point.zeroCount ?? 0),
        positive: range(point.positive),
        negative: range(point.negative),
      };
    default:
      return point.asInt !== undefined ? { int: Number(point.asInt) } : { double: Number(point.asDouble) };
  }
}

function parts(point: Json): object {
  const number = (value: unknown) => (value === undefined || value === null ? undefined : Number(value));
  return { sum: number(point.sum), min: number(point.min), max: number(point.max) };
}

/** Where an empty range begins means nothing. */
function range(buckets: Json): unknown {
  const counts = (buckets?.bucketCounts ?? []).map(Number);
  return counts.length === 0 ? { counts } : { offset: buckets.offset ?? 0, counts };
}

function attributes(list: Json[] | undefined): Json {
  return (list ?? []).map(({ key, value }: Json) => [key, anyValue(value)]).sort(byFirst);
}

function anyValue(value: Json): Json {
  if (value === undefined || value === null) return null;
  if (value.intValue !== undefined) return { number: Number(value.intValue) };
  if (value.doubleValue !== undefined) return { number: Number(value.doubleValue) };
  if (value.arrayValue !== undefined) return { array: (value.arrayValue.values ?? []).map(anyValue) };
  if (value.stringValue !== undefined) return { string: value.stringValue };
  if (value.boolValue !== undefined) return { bool: value.boolValue };
  return null;
}

function byFirst(one: Json[], other: Json[]): number {
  return compare(one[0], other[0]);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
