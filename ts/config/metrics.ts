// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { type Env, type NumberRule, readNumber, readString, warnOfValue } from './env.js';
import { warnOnce } from './warn-once.js';

export const EXEMPLAR_FILTERS = ['always_on', 'always_off', 'trace_based'] as const;
export type ExemplarFilter = (typeof EXEMPLAR_FILTERS)[number];

export const TEMPORALITIES = ['cumulative', 'delta', 'lowmemory'] as const;
/** What destinations of the app's metrics want: a preference, since cells hold running totals whatever it says. */
export type TemporalityPreference = (typeof TEMPORALITIES)[number];

export const HISTOGRAM_AGGREGATIONS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const;
export type HistogramAggregation = (typeof HISTOGRAM_AGGREGATIONS)[number];

/** How often observable instruments are asked, and how long their callbacks may take. Milliseconds. */
export interface ExportTimes {
  interval: number;
  timeout: number;
}

const DEFAULT_INTERVAL = 60_000;
const DEFAULT_TIMEOUT = 30_000;
/** What a timer of Node.js can wait at most. */
const MILLISECONDS: NumberRule = { min: 1, max: 2_147_483_647, integer: false };

/** OTEL_METRIC_EXPORT_INTERVAL and OTEL_METRIC_EXPORT_TIMEOUT; the timeout is at most the interval. */
export function readExportTimes(env: Env): ExportTimes {
  const interval = readNumber(env, 'OTEL_METRIC_EXPORT_INTERVAL', MILLISECONDS, undefined);
  const timeout = readNumber(env, 'OTEL_METRIC_EXPORT_TIMEOUT', MILLISECONDS, undefined);
  return limitTimeout(interval ?? DEFAULT_INTERVAL, timeout ?? DEFAULT_TIMEOUT, timeout !== undefined);
}

/** @param isChosen The timeout is somebody's choice, so cutting it is worth a warning. */
export function limitTimeout(interval: number, timeout: number, isChosen: boolean): ExportTimes {
  if (timeout <= interval) return { interval, timeout };
  if (isChosen)
    diag.warn(`otlp-mmap: the metric export timeout of ${timeout} ms is cut to the interval, ${interval} ms`);
  return { interval, timeout: interval };
}

/** OTEL_METRICS_EXEMPLAR_FILTER; by default measurements within a sampled span become exemplars. */
export function readExemplarFilter(env: Env): ExemplarFilter {
  return readWord(env, 'OTEL_METRICS_EXEMPLAR_FILTER', EXEMPLAR_FILTERS, 'trace_based');
}

/** OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE. */
export function readTemporality(env: Env): TemporalityPreference {
  return readWord(env, 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', TEMPORALITIES, 'cumulative');
}

/** OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION. */
export function readHistogramAggregation(env: Env): HistogramAggregation {
  const name = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
  return readWord(env, name, HISTOGRAM_AGGREGATIONS, 'explicit_bucket_histogram');
}

/** An option that is one of some words; undefined, told, if it is another. */
export function chosenWord<T extends string>(name: string, value: T | undefined, words: readonly T[]): T | undefined {
  if (value === undefined || words.includes(value)) return value;
  const shown = typeof value === 'string' ? `"${value}"` : `of type ${typeof value}`;
  warnOnce(`${name} is ${shown}, not one of ${words.join(', ')}: it is left unset`);
  return undefined;
}

/** One of some words, in any case (environment variable specification, "Enum value"). */
function readWord<T extends string>(env: Env, name: string, words: readonly T[], fallback: T): T {
  const value = readString(env, name)?.toLowerCase();
  if (value === undefined) return fallback;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) warnOfValue(name, value, `is not one of ${words.join(', ')}: using ${fallback}`);
  return word ?? fallback;
}
