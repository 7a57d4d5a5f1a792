// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type ContextManager, context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import test from 'ava';
import type { ExemplarFilter } from '../../ts/config/metrics';
import { loadBinding } from '../../ts/native/loader';
import { metering } from '../support/metering';
import { filesIn } from '../support/written-files';

let reads = 0;
const manager = new AsyncLocalStorageContextManager().enable();
const active = manager.active.bind(manager);
(manager as ContextManager).active = () => {
  reads++;
  return active();
};
context.setGlobalContextManager(manager);

const traceId = '0123456789abcdef0123456789abcdef';
const spanId = 'fedcba9876543210';

function within<T>(traceFlags: TraceFlags, act: () => T): T {
  const span = trace.wrapSpanContext({ traceId, spanId, traceFlags });
  return context.with(trace.setSpan(ROOT_CONTEXT, span), act);
}

/** The exemplars of a metric's points, as they stand in the file. */
function exemplarsIn(directory: string, name: string): Record<string, unknown>[] {
  return filesIn(directory)
    .flatMap((file) => loadBinding().dump(file, { all: false, signals: ['metrics'] }))
    .flatMap((line) => JSON.parse(line).resourceMetrics)
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .filter((metric) => metric.name === name)
    .flatMap(
      ({ sum, gauge, histogram, exponentialHistogram }) =>
        (sum ?? gauge ?? histogram ?? exponentialHistogram).dataPoints,
    )
    .flatMap(({ exemplars }) => exemplars ?? []);
}

for (const [filter, expected] of [
  ['trace_based', ['sampled']],
  ['always_on', ['none', 'not sampled', 'sampled']],
  ['always_off', []],
] as [ExemplarFilter, string[]][]) {
  test.serial(`the_filter_${filter}_chooses_what_becomes_an_exemplar`, (t) =>
    metering({ exemplarFilter: filter }, ({ provider, directory }) => {
      const counter = provider.getMeter('m').createCounter('c');
      counter.add(1, { in: 'none' });
      within(TraceFlags.NONE, () => counter.add(1, { in: 'not sampled' }));
      within(TraceFlags.SAMPLED, () => counter.add(1, { in: 'sampled' }));
      t.is(exemplarsIn(directory, 'c').length, expected.length);
    }),
  );
}

test.serial('an_exemplar_has_its_span_its_value_and_what_the_view_took_away', (t) =>
  metering({ views: [{ instrumentName: 'h', deniedAttributes: ['user'] }] }, ({ provider, directory }) => {
    const histogram = provider.getMeter('m').createHistogram('h', { advice: { explicitBucketBoundaries: [1, 2] } });
    within(TraceFlags.SAMPLED, () => {
      histogram.record(0.5, { route: '/a', user: 'one' });
      histogram.record(0.75, { route: '/a', user: 'two' });
      histogram.record(7, Object.assign(Object.create({ inherited: 1 }), { route: '/a', user: 'three' }));
    });
    const found = exemplarsIn(directory, 'h');
    t.deepEqual(
      found.map(({ asDouble, filteredAttributes }) => [asDouble, filteredAttributes]),
      [
        [0.75, [{ key: 'user', value: { stringValue: 'two' } }]],
        [7, [{ key: 'user', value: { stringValue: 'three' } }]],
      ],
    );
    for (const exemplar of found) t.like(exemplar, { traceId, spanId });
  }),
);

test.serial('reservoirs_have_the_sizes_of_the_specification', (t) =>
  metering(
    {
      views: [
        { instrumentName: 'exponential*', aggregation: { type: 5 } },
        { instrumentName: 'few', aggregation: { type: 5, options: { maxSize: 4 } } },
      ],
    },
    ({ provider, directory }) => {
      const meter = provider.getMeter('m');
      const advice = { explicitBucketBoundaries: [10, 20, 30] };
      within(TraceFlags.SAMPLED, () => {
        for (let i = 0; i < 50; i++) {
          for (const name of ['exponential', 'few']) meter.createHistogram(name).record(i);
          meter.createHistogram('explicit', { advice }).record(i);
          meter.createGauge('gauge').record(i);
          meter.createCounter('counter').add(i);
        }
      });
      const counts = ['exponential', 'few', 'explicit', 'gauge', 'counter'].map(
        (name) => exemplarsIn(directory, name).length,
      );
      t.deepEqual(counts, [20, 4, 4, 1, 1]);
    },
  ),
);

test.serial('the_active_context_is_read_only_when_the_filter_has_to_know_it', (t) =>
  metering({ exemplarFilter: 'always_off' }, async ({ provider }) => {
    const meter = provider.getMeter('m');
    const counter = meter.createCounter('c');
    const bound = counter.bind();
    reads = 0;
    counter.add(1);
    bound.add(1);
    meter.createHistogram('h').record(1);
    t.is(reads, 0);
    await metering({}, ({ provider: sampling }) => {
      const other = sampling.getMeter('m').createCounter('c');
      other.add(1);
      t.is(reads, 1);
      other.add(1, {}, ROOT_CONTEXT);
      t.is(reads, 1);
      other.bind().add(1);
      t.is(reads, 1);
    });
  }),
);

test.serial('a_passed_context_counts_instead_of_the_active_one', (t) =>
  metering({}, ({ provider, directory }) => {
    const counter = provider.getMeter('m').createCounter('c');
    const sampled = within(TraceFlags.SAMPLED, () => context.active());
    counter.add(1, { by: 'instrument' }, sampled);
    counter.bind({ by: 'bound' }).add(1, sampled);
    t.is(exemplarsIn(directory, 'c').length, 2);
  }),
);
