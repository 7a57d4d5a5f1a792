// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import test from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { type Metering, metering } from '../support/metering';
import { filesIn } from '../support/written-files';

// What the environment says holds where the options say nothing. It is the process', so these tests come one after the other.

async function within(
  env: Record<string, string>,
  options: object,
  use: (metering: Metering) => unknown,
): Promise<void> {
  Object.assign(process.env, env);
  try {
    await metering(options, use);
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
  }
}

const span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
};
const sampled = trace.setSpanContext(ROOT_CONTEXT, span);

/** The number of exemplars in a folder's files, counted by the spans that they name. */
function exemplarsIn(directory: string): number {
  const lines = filesIn(directory).flatMap((file) => loadBinding().dump(file, { all: false, signals: ['metrics'] }));
  return lines.join().match(/"exemplars":\[\{/g)?.length ?? 0;
}

for (const [value, option, expected] of [
  ['always_off', undefined, 0],
  ['ALWAYS_ON', undefined, 2],
  ['trace_based', undefined, 1],
  ['', undefined, 1],
  ['always_on', 'always_off', 0],
  ['always_off', 'always_on', 2],
] as const) {
  test.serial(
    `with OTEL_METRICS_EXEMPLAR_FILTER=${value} and the option ${option} there are ${expected} exemplars`,
    (t) =>
      within({ OTEL_METRICS_EXEMPLAR_FILTER: value }, { exemplarFilter: option }, ({ provider, directory }) => {
        const counter = provider.getMeter('m').createCounter('c');
        counter.add(1, { in: 'a span' }, sampled);
        counter.add(1, { in: 'none' }, ROOT_CONTEXT);
        t.is(exemplarsIn(directory), expected);
      }),
  );
}

test.serial(
  'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION is for histograms that nobody advised on or has a view of',
  (t) =>
    within(
      { OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram' },
      { views: [{ instrumentName: 'viewed', aggregation: { type: 4 } }] },
      ({ provider, metrics }) => {
        const meter = provider.getMeter('m');
        meter.createHistogram('plain').record(1);
        meter.createHistogram('viewed').record(1);
        meter.createHistogram('advised', { advice: { explicitBucketBoundaries: [1] } }).record(1);
        t.deepEqual(Object.fromEntries(metrics().map(({ name, kind }) => [name, kind])), {
          advised: 'histogram',
          plain: 'exponentialHistogram',
          viewed: 'histogram',
        });
      },
    ),
);

test.serial('OTEL_METRIC_EXPORT_INTERVAL and _TIMEOUT say when callbacks are asked, and how long they may take', (t) =>
  within({ OTEL_METRIC_EXPORT_INTERVAL: '20', OTEL_METRIC_EXPORT_TIMEOUT: '10' }, {}, async ({ provider, values }) => {
    const meter = provider.getMeter('m');
    let calls = 0;
    // The interval keeps no process alive.
    const hold = setInterval(() => {}, 1_000);
    await new Promise<void>((resolve) => {
      meter.createObservableGauge('endless').addCallback((result) => {
        result.observe(1);
        return new Promise(() => {});
      });
      meter.createObservableGauge('good').addCallback((result) => {
        result.observe(++calls);
        if (calls === 3) resolve();
      });
    });
    clearInterval(hold);
    t.deepEqual(Object.keys(values('good')), ['[]']);
    t.deepEqual(values('endless'), {});
  }),
);
