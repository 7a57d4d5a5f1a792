// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { HistogramValue } from './distribution.js';
import { METRICS, type Measurement, type MetricDefinition, type MetricName } from './registry.js';

/** One metric with all its series, added up where labels are the same. */
export interface Metric {
  /** With its prefix. */
  name: string;
  definition: MetricDefinition;
  series: { labels: Readonly<Record<string, string>>; value: number | HistogramValue }[];
}

/** Measurements by metric, in the order of the registry. */
export function metricsOf(measurements: readonly Measurement[], level: 'basic' | 'normal' | 'detailed'): Metric[] {
  const byName = new Map<MetricName, Map<string, Metric['series'][number]>>();
  for (const { metric, labels = {}, value } of measurements) {
    let series = byName.get(metric);
    if (series === undefined) {
      series = new Map();
      byName.set(metric, series);
    }
    const key = JSON.stringify(labels);
    const same = series.get(key);
    series.set(key, { labels, value: same === undefined ? value : sumOf(same.value, value) });
  }
  return (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
    const definition: MetricDefinition = METRICS[name];
    const series = byName.get(name);
    if (series === undefined || (definition.detailed && level !== 'detailed')) return [];
    return [{ name: `otelcol_${name}`, definition, series: [...series.values()] }];
  });
}

/** Of two values of one kind; histograms of one metric have the same bounds. */
export function sumOf(a: number | HistogramValue, b: number | HistogramValue): number | HistogramValue {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) + Number(b);
  return { bounds: a.bounds, counts: a.counts.map((count, index) => count + b.counts[index]), sum: a.sum + b.sum };
}
