// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import {
  limitTimeout,
  readExemplarFilter,
  readExportTimes,
  readHistogramAggregation,
  readTemporality,
} from '../../ts/config/metrics';
import { warningsOf } from '../support/warnings';

const words = [
  ['OTEL_METRICS_EXEMPLAR_FILTER', readExemplarFilter, 'trace_based', ['always_on', 'always_off', 'trace_based']],
  [
    'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
    readTemporality,
    'cumulative',
    ['cumulative', 'delta', 'lowmemory'],
  ],
  [
    'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
    readHistogramAggregation,
    'explicit_bucket_histogram',
    ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
  ],
] as const;

for (const [name, read, fallback, all] of words) {
  test(`${name} takes its words in any case, and tells once of any other`, (t) => {
    for (const word of all) {
      for (const text of [word, word.toUpperCase(), ` ${word} `]) t.is(read({ [name]: text }), word);
    }
    for (const text of [undefined, '', '  ']) t.is(read({ [name]: text }), fallback);
    const told = warningsOf(() => {
      t.is(read({ [name]: 'nonsense' }), fallback);
      t.is(read({ [name]: 'nonsense' }), fallback);
    });
    t.is(told.length, 1);
    for (const part of [name, 'nonsense', fallback]) t.true(told[0].includes(part), told[0]);
  });
}

test('times of export have the defaults of the specification, and a timeout is no longer than its interval', (t) => {
  const of = (interval?: string, timeout?: string) =>
    readExportTimes({ OTEL_METRIC_EXPORT_INTERVAL: interval, OTEL_METRIC_EXPORT_TIMEOUT: timeout });
  t.deepEqual(of(), { interval: 60_000, timeout: 30_000 });
  t.deepEqual(of('500', '200'), { interval: 500, timeout: 200 });
  t.deepEqual(
    warningsOf(() => t.deepEqual(of('500'), { interval: 500, timeout: 500 })),
    [],
    'nobody chose the timeout',
  );
  const told = warningsOf(() => t.deepEqual(of('500', '700'), { interval: 500, timeout: 500 }));
  t.is(told.length, 1);
  for (const text of ['0', '-5', 'soon', '1e99', 'NaN', 'Infinity']) {
    const odd = warningsOf(() => t.deepEqual(of(text, text), { interval: 60_000, timeout: 30_000 }));
    t.is(odd.length, 2, text);
  }
  t.deepEqual(limitTimeout(10, 5, true), { interval: 10, timeout: 5 });
});
