// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Palette, printable } from '../../terminal.js';
import type { DataPoint, Metric } from './otlp-json.js';
import { attributesInline, entryText, timeText } from './value-text.js';

const TYPES = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
const TYPE_NAMES = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponentialHistogram: 'exponential histogram',
  summary: 'summary',
};
const TEMPORALITIES = ['', 'delta', 'cumulative'];

/** A line for each data point of a metric. */
export function metricPointLines(metric: Metric, palette: Palette): string[] {
  const name = palette.strong(printable(metric.name ?? ''));
  const unit = metric.unit ? ` ${printable(metric.unit)}` : '';
  return pointsOf(metric).map((point) => {
    const attributes = (point.attributes ?? []).map(entryText).join(', ');
    return `${name}${attributes && `{${attributes}}`}  ${valuesText(point)}${unit}`;
  });
}

/** Everything that a metric holds, in lines. */
export function metricLines(metric: Metric, palette: Palette): string[] {
  const type = TYPES.find((known) => metric[known] !== undefined);
  const data = type && metric[type];
  const kind = [
    type ? TYPE_NAMES[type] : 'no data',
    TEMPORALITIES[data?.aggregationTemporality ?? 0],
    data?.isMonotonic ? 'monotonic' : '',
    metric.unit ? `in ${printable(metric.unit)}` : '',
  ];
  const lines = [`${palette.strong(`metric ${printable(metric.name ?? '')}`)}  ${kind.filter(Boolean).join('  ')}`];
  if (metric.description) lines.push(palette.faint(`  ${printable(metric.description)}`));
  for (const point of pointsOf(metric)) lines.push(...pointLines(point, palette).map((line) => `  ${line}`));
  return lines;
}

function pointsOf(metric: Metric): DataPoint[] {
  return TYPES.flatMap((type) => metric[type]?.dataPoints ?? []);
}

function pointLines(point: DataPoint, palette: Palette): string[] {
  const { startTimeUnixNano = '0', timeUnixNano = '0' } = point;
  const from = startTimeUnixNano === '0' ? '' : `${timeText(BigInt(startTimeUnixNano))} to `;
  const lines = [
    `${valuesText(point)}${attributesInline(point.attributes)}`,
    palette.faint(`  at ${from}${timeText(BigInt(timeUnixNano))}`),
  ];
  const buckets = [...bucketTexts(point), ...exponentialTexts(point), ...quantileTexts(point)];
  if (buckets.length > 0) lines.push(`  ${buckets.join('  ')}`);
  if (point.exemplars?.length) lines.push(`  ${point.exemplars.length} exemplars`);
  return lines;
}

function valuesText(point: DataPoint): string {
  if (point.asInt !== undefined) return String(point.asInt);
  if (point.asDouble !== undefined) return String(point.asDouble);
  if (point.count === undefined) return 'no value';
  const parts: [string, unknown][] = [
    ['count', point.count],
    ['sum', point.sum],
    ['min', point.min],
    ['max', point.max],
  ];
  return parts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join('  ');
}

function bucketTexts({ bucketCounts = [], explicitBounds = [] }: DataPoint): string[] {
  return bucketCounts.map((count, index) => {
    const bound = index < explicitBounds.length ? `..${explicitBounds[index]}` : 'above';
    return `${bound}: ${count}`;
  });
}

function exponentialTexts({ scale, zeroCount, positive, negative }: DataPoint): string[] {
  if (scale === undefined) return [];
  const texts = [`scale ${scale}`, `zero: ${zeroCount ?? 0}`];
  for (const [sign, buckets] of [
    ['positive', positive],
    ['negative', negative],
  ] as const) {
    if (buckets?.bucketCounts?.length) {
      texts.push(`${sign} from ${buckets.offset ?? 0}: ${buckets.bucketCounts.join(' ')}`);
    }
  }
  return texts;
}

function quantileTexts({ quantileValues = [] }: DataPoint): string[] {
  return quantileValues.map(({ quantile, value }) => `${quantile}: ${value}`);
}
