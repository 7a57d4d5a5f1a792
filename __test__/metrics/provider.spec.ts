// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ValueType } from '@opentelemetry/api';
import test from 'ava';
import { MmapMeterProvider } from '../../ts/metrics/provider';
import { metering } from '../support/metering';
import { warningsOf } from '../support/warnings';

test('what_a_call_returned_from_is_in_the_file', (t) =>
  metering({}, ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const counter = meter.createCounter('c', { valueType: ValueType.INT });
    counter.add(1, { k: 'v' });
    t.deepEqual(values('c'), { '[["k",{"string":"v"}]]': { int: 1 } });
    counter.add(2, { k: 'v' });
    counter.add(5);
    t.deepEqual(values('c'), { '[["k",{"string":"v"}]]': { int: 3 }, '[]': { int: 5 } });
    const gauge = meter.createGauge('g');
    gauge.record(1.5);
    gauge.record(0.5);
    t.deepEqual(values('g'), { '[]': { double: 0.5 } });
  }));

test('the_order_of_keys_makes_no_difference', (t) =>
  metering({}, ({ provider, values }) => {
    const counter = provider.getMeter('m').createCounter('c');
    counter.add(1, { a: 1, b: 2 });
    counter.add(1, { b: 2, a: 1 });
    counter.add(1, Object.assign(Object.create({ c: 3 }), { b: 2, a: 1 }));
    t.deepEqual(Object.values(values('c')), [{ double: 3 }]);
  }));

test('an_object_that_was_changed_is_another_set', (t) =>
  metering({}, ({ provider, values }) => {
    const counter = provider.getMeter('m').createCounter('c');
    const attributes = { route: '/a' };
    counter.add(1, attributes);
    attributes.route = '/b';
    counter.add(2, attributes);
    t.deepEqual(values('c'), {
      '[["route",{"string":"/a"}]]': { double: 1 },
      '[["route",{"string":"/b"}]]': { double: 2 },
    });
  }));

test('a_bound_instrument_is_the_instrument_for_its_attributes', (t) =>
  metering({}, ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const counter = meter.createCounter('c');
    const bound = counter.bind({ k: 1 });
    bound.add(1);
    counter.add(2, { k: 1 });
    bound.add(3);
    t.deepEqual(values('c'), { '[["k",{"number":1}]]': { double: 6 } });
    const histogram = meter.createHistogram('h', { advice: { explicitBucketBoundaries: [1, 2] } });
    histogram.bind().record(1.5);
    histogram.record(7);
    t.like(values('h')['[]'], { count: 2, sum: 8.5, counts: [0, 1, 1] });
  }));

test('values_that_an_instrument_does_not_take_are_told_once_and_never_thrown', (t) =>
  metering({}, ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const counter = meter.createCounter('odd.counter');
    const whole = meter.createUpDownCounter('odd.whole', { valueType: ValueType.INT });
    const histogram = meter.createHistogram('odd.histogram', { advice: { explicitBucketBoundaries: [1] } });
    const bound = counter.bind();
    const odd = [-1, '5', undefined, null, {}, 5n, Symbol('s')] as unknown as number[];
    const warnings = warningsOf(() => {
      for (const value of [...odd, ...odd]) {
        counter.add(value);
        bound.add(value);
        histogram.record(value);
      }
      for (const value of [1.5, -2.5, Number.NaN, Number.POSITIVE_INFINITY]) whole.add(value);
      histogram.record(Number.NaN);
      histogram.record(0.5);
      counter.add(1);
    });
    t.deepEqual(warnings.map((line) => line.match(/odd\.\w+/)?.[0]).sort(), [
      'odd.counter',
      'odd.counter',
      'odd.histogram',
      'odd.histogram',
      'odd.histogram',
      'odd.whole',
      'odd.whole',
      'odd.whole',
    ]);
    t.deepEqual(values('odd.counter'), { '[]': { double: 1 } });
    t.deepEqual(values('odd.whole'), { '[]': { int: -1 } });
    t.like(values('odd.histogram')['[]'], { count: 1, sum: 0.5, counts: [1, 0] });
  }));

test('attributes_of_any_shape_do_not_hurt_the_app', (t) =>
  metering({}, ({ provider, values }) => {
    const counter = provider.getMeter('m').createCounter('c');
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const hostile = [
      {
        get broken() {
          throw new Error('broken');
        },
      },
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('broken');
          },
        },
      ),
      cycle,
      { f() {}, s: Symbol('s'), b: 5n, n: null, u: undefined, d: new Date(0) },
      { long: 'x'.repeat(300_000) },
      'text',
      42,
      null,
      [1, 2],
      Object.create(null),
    ] as unknown as Record<string, string>[];
    for (const attributes of hostile) {
      t.notThrows(() => counter.add(1, attributes));
      t.notThrows(() => counter.bind(attributes).add(1));
    }
    t.true(Object.keys(values('c')).length >= 3);
  }));

test('beyond_the_cardinality_limit_is_the_overflow_series', (t) =>
  metering({ cardinalityLimit: 3 }, ({ provider, values }) => {
    const counter = provider.getMeter('m').createCounter('c');
    for (let round = 0; round < 2; round++) for (let i = 0; i < 10; i++) counter.add(1, { i });
    t.deepEqual(values('c'), {
      '[["i",{"number":0}]]': { double: 2 },
      '[["i",{"number":1}]]': { double: 2 },
      '[["otel.metric.overflow",{"bool":true}]]': { double: 16 },
    });
  }));

test('after_shutdown_nothing_is_recorded_and_nothing_throws', (t) =>
  metering({}, async ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const counter = meter.createCounter('c');
    const bound = counter.bind();
    const histogram = meter.createHistogram('h');
    counter.add(1);
    await provider.shutdown();
    counter.add(1);
    bound.add(1);
    histogram.record(1);
    provider.getMeter('late').createCounter('late').bind().add(1);
    await provider.shutdown();
    await provider.forceFlush();
    await provider.collect();
    t.is(provider.status(), undefined);
    t.deepEqual(values('c'), { '[]': { double: 1 } });
    t.deepEqual(values('late'), {});
  }));

test('one_name_version_and_schema_url_is_one_meter', (t) =>
  metering({}, ({ provider }) => {
    t.is(provider.getMeter('m', '1'), provider.getMeter('m', '1'));
    t.not(provider.getMeter('m', '1'), provider.getMeter('m', '2'));
    t.not(provider.getMeter('m', '1'), provider.getMeter('m', '1', { schemaUrl: 'https://example.org/1' }));
  }));

test('the_same_instrument_made_twice_is_one_metric', (t) =>
  metering({}, ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const warnings = warningsOf(() => {
      meter.createCounter('twice').add(1);
      meter.createCounter('twice').add(2);
    });
    t.deepEqual(warnings, []);
    t.deepEqual(values('twice'), { '[]': { double: 3 } });
  }));

test('instruments_in_conflict_are_told_and_recorded_both', (t) =>
  metering({}, ({ provider, metrics }) => {
    const meter = provider.getMeter('m');
    const warnings = warningsOf(() => {
      meter.createCounter('both', { unit: 's' }).add(1);
      meter.createHistogram('both', { unit: 's' }).record(1);
      meter.createCounter('both', { unit: 'ms' }).add(1);
    });
    t.is(warnings.length, 3);
    t.regex(warnings[0], /two metrics are called both: kind "COUNTER" and "HISTOGRAM"/);
    t.is(metrics().filter(({ name }) => name === 'both').length, 3);
  }));

test('of_two_ways_to_keep_one_metric_the_first_is_used_and_that_is_told', (t) =>
  metering(
    {
      views: [
        { instrumentName: 'viewed', name: 'of.views', deniedAttributes: ['k'] },
        { instrumentName: 'viewed', name: 'of.views', aggregation: { type: 4, options: { boundaries: [1] } } },
        { instrumentName: 'alike', description: 'told' },
      ],
    },
    ({ provider, values }) => {
      const meter = provider.getMeter('m');
      const warnings = warningsOf(() => {
        meter.createCounter('viewed').add(1, { k: 1 });
        for (const bound of [1, 2, 3]) {
          const advice = { explicitBucketBoundaries: [bound] };
          meter.createHistogram('advised', { advice }).record(bound);
          meter.createHistogram('alike').record(bound);
        }
      });
      t.deepEqual(
        warnings.map((line) => /(\S+) is to be kept in two ways/.exec(line)?.[1]),
        ['of.views', 'advised'],
      );
      t.deepEqual(values('of.views'), { '[]': { double: 1 } });
      t.like(values('advised')['[]'], { count: 3, bounds: [1] });
    },
  ));

test('names_that_differ_by_case_are_one_metric_by_the_first_name', (t) =>
  metering({}, ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const warnings = warningsOf(() => {
      meter.createCounter('Case').add(1);
      meter.createCounter('cASE').add(2);
    });
    t.is(warnings.length, 1);
    t.deepEqual(values('Case'), { '[]': { double: 3 } });
  }));

test('of_two_descriptions_the_longer_one_is_used', (t) =>
  metering({}, ({ provider, metrics }) => {
    const meter = provider.getMeter('m');
    const first = meter.createCounter('described', { description: 'short' });
    const warnings = warningsOf(() => meter.createCounter('described', { description: 'much longer' }));
    first.add(1);
    t.is(warnings.length, 1);
    t.regex(warnings[0], /"much longer" is used/);
    const late = warningsOf(() => meter.createCounter('described', { description: 'longest, and too late' }));
    t.regex(late[0], /"much longer" is used/);
    t.is(metrics().find(({ name }) => name === 'described')?.description, 'much longer');
  }));

test('names_that_are_not_valid_are_told_and_used', (t) =>
  metering({}, ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const warnings = warningsOf(() => {
      meter.createCounter('1 not valid').add(1);
      meter.createCounter(undefined as unknown as string).add(1);
    });
    t.is(warnings.length, 1);
    t.deepEqual(values('1 not valid'), { '[]': { double: 1 } });
  }));

test('absurd_boundaries_are_told_and_made_sound', (t) =>
  metering({}, ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const boundaries = [5, Number.NaN, 1, 5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '7'] as number[];
    const warnings = warningsOf(() => {
      meter.createHistogram('absurd', { advice: { explicitBucketBoundaries: boundaries } }).record(3);
      meter.createHistogram('no.array', { advice: { explicitBucketBoundaries: 'x' as unknown as number[] } }).record(3);
      meter
        .createHistogram('endless', { advice: { explicitBucketBoundaries: Array.from({ length: 1e5 }, (_, i) => i) } })
        .record(3);
    });
    t.is(warnings.length, 3);
    t.like(values('absurd')['[]'], { bounds: [1, 5], counts: [0, 1, 0] });
    t.like(values('no.array')['[]'], { count: 1 });
    t.deepEqual(values('endless'), {});
  }));

test('options_that_cannot_be_are_told_and_left_unset', async (t) => {
  const odd = { exemplarFilter: 'some', temporality: 'rising', histogramAggregation: 'round', seriesIdleMillis: -1 };
  const told: string[] = [];
  let made: Promise<void> | undefined;
  const warnings = warningsOf(() => {
    made = metering(odd as never, ({ provider, values }) => {
      provider.getMeter('m').createHistogram('h').record(1);
      t.like(values('h')['[]'], { count: 1, bounds: { length: 15 } });
    });
  });
  await made;
  told.push(...warnings);
  for (const [name, value] of Object.entries(odd)) {
    t.true(
      told.some((line) => line.includes(name) && line.includes(String(value))),
      `${name}: ${told.join()}`,
    );
  }
});

test('limits_of_series_that_cannot_be_are_told_and_made_sound', (t) =>
  metering(
    {
      views: [
        { instrumentName: 'none', aggregationCardinalityLimit: 0 },
        { instrumentName: 'nan', aggregationCardinalityLimit: Number.NaN },
        { instrumentName: 'fraction', aggregationCardinalityLimit: 3.9 },
        { instrumentName: 'endless', aggregationCardinalityLimit: Number.POSITIVE_INFINITY },
      ],
    },
    ({ provider, values }) => {
      const meter = provider.getMeter('m');
      const warnings = warningsOf(() => {
        for (const name of ['none', 'nan', 'fraction', 'endless']) {
          const counter = meter.createCounter(name);
          for (let i = 0; i < 2_100; i++) counter.add(1, { i });
        }
      });
      t.is(warnings.length, 4, warnings.join('\n'));
      const series = (name: string) => Object.keys(values(name)).length;
      t.deepEqual(['none', 'nan', 'fraction', 'endless'].map(series), [2_000, 2_000, 3, 2_100]);
    },
  ));

test('a_provider_that_cannot_write_tells_it_and_does_nothing', (t) => {
  const warnings = warningsOf(() => {
    const provider = new MmapMeterProvider({ directory: '/dev/null/no', resourceDetectors: [] });
    const meter = provider.getMeter('m');
    meter.createCounter('c').add(1);
    meter.createHistogram('h').record(1);
    meter.createObservableGauge('o').addCallback(() => {});
    void provider.shutdown();
  });
  t.true(warnings.length >= 0);
});
