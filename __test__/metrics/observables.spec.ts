// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, BatchObservableResult, ObservableResult } from '@opentelemetry/api';
import test from 'ava';
import { metering } from '../support/metering';
import { warningsOf } from '../support/warnings';

const A = '[["k",{"string":"a"}]]';
const B = '[["k",{"string":"b"}]]';

test('what_a_callback_observes_is_in_the_file_after_each_collection', (t) =>
  metering({}, async ({ provider, values }) => {
    const gauge = provider.getMeter('m').createObservableGauge('g');
    const counter = provider.getMeter('m').createObservableCounter('c');
    let value = 1;
    gauge.addCallback((result) => result.observe(value, { k: 'a' }));
    counter.addCallback(async (result) => {
      await Promise.resolve();
      result.observe(10 * value, { k: 'a' });
    });
    t.deepEqual(values('g'), {});
    await provider.collect();
    t.deepEqual(values('g'), { [A]: { double: 1 } });
    t.deepEqual(values('c'), { [A]: { double: 10 } });
    value = 2;
    await provider.collect();
    t.deepEqual(values('g'), { [A]: { double: 2 } });
    t.deepEqual(values('c'), { [A]: { double: 20 } });
  }));

test('a_set_that_is_not_observed_any_more_is_not_exported_any_more', (t) =>
  metering({}, async ({ provider, values }) => {
    const gauge = provider.getMeter('m').createObservableGauge('g');
    let sets: Attributes[] = [{ k: 'a' }, { k: 'b' }];
    const callback = (result: ObservableResult) => {
      for (const set of sets) result.observe(1, set);
    };
    gauge.addCallback(callback);
    await provider.collect();
    t.deepEqual(Object.keys(values('g')), [A, B]);
    sets = [{ k: 'b' }];
    await provider.collect();
    t.deepEqual(Object.keys(values('g')), [B]);
    gauge.removeCallback(callback);
    await provider.collect();
    t.deepEqual(values('g'), {});
  }));

test('a_callback_that_throws_is_told_once_and_changes_nothing', (t) =>
  metering({}, async ({ provider, values }) => {
    const meter = provider.getMeter('m');
    let fails = false;
    meter.createObservableGauge('throwing').addCallback((result) => {
      result.observe(fails ? 2 : 1);
      if (fails) throw new Error('no');
    });
    meter.createObservableGauge('rejecting').addCallback(async (result) => {
      result.observe(fails ? 2 : 1);
      if (fails) throw new Error('no');
    });
    meter.createObservableGauge('good').addCallback((result) => result.observe(fails ? 2 : 1));
    await provider.collect();
    fails = true;
    const told: string[] = [];
    for (let i = 0; i < 2; i++) {
      let collected: Promise<void> | undefined;
      told.push(...warningsOf(() => (collected = provider.collect())));
      await collected;
    }
    t.deepEqual(values('throwing'), { '[]': { double: 1 } });
    t.deepEqual(values('rejecting'), { '[]': { double: 1 } });
    t.deepEqual(values('good'), { '[]': { double: 2 } });
    t.is(told.filter((line) => line.includes('a callback of throwing failed')).length, 1);
  }));

test('a_callback_that_never_resolves_holds_up_nobody', (t) =>
  metering({ exportTimeoutMillis: 20 }, async ({ provider, values }) => {
    const meter = provider.getMeter('m');
    let calls = 0;
    let later: ObservableResult | undefined;
    meter.createObservableGauge('endless').addCallback((result) => {
      calls++;
      later = result;
      result.observe(1);
      return new Promise(() => {});
    });
    meter.createObservableGauge('good').addCallback((result) => result.observe(1));
    await provider.collect();
    later?.observe(5);
    await provider.collect();
    t.is(calls, 1);
    t.deepEqual(values('endless'), {});
    t.deepEqual(values('good'), { '[]': { double: 1 } });
  }));

test('a_batch_callback_observes_the_instruments_that_it_names_and_no_other', (t) =>
  metering({}, async ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const one = meter.createObservableGauge('one');
    const two = meter.createObservableUpDownCounter('two');
    const other = meter.createObservableGauge('other');
    const callback = (result: BatchObservableResult) => {
      result.observe(one, 1);
      result.observe(two, -2);
      result.observe(other, 3);
      result.observe({} as never, 4);
    };
    meter.addBatchObservableCallback(callback, [one, two, one]);
    meter.addBatchObservableCallback(callback, [two, one]);
    await provider.collect();
    t.deepEqual(values('one'), { '[]': { double: 1 } });
    t.deepEqual(values('two'), { '[]': { double: -2 } });
    t.deepEqual(values('other'), {});
    meter.removeBatchObservableCallback(callback, [two, one]);
    await provider.collect();
    t.deepEqual(values('one'), {});
  }));

test('of_a_batch_callback_that_fails_or_hangs_nothing_is_taken_of_any_of_its_instruments', (t) =>
  metering({ exportTimeoutMillis: 20 }, async ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const [one, two] = ['one', 'two'].map((name) => meter.createObservableGauge(name));
    let round = 1;
    const ends: Record<number, () => unknown> = {
      2: () => {
        throw new Error('no');
      },
      3: () => Promise.reject(new Error('no')),
      5: () => new Promise(() => {}),
    };
    meter.addBatchObservableCallback(
      (result) => {
        result.observe(one, round);
        const end = ends[round]?.();
        result.observe(two, round);
        return end as Promise<void>;
      },
      [one, two],
    );
    const expected = [1, 1, 1, 4, 4, 4];
    for (round = 1; round <= expected.length; round++) {
      await provider.collect();
      for (const name of ['one', 'two']) {
        t.deepEqual(values(name), { '[]': { double: expected[round - 1] } }, `${name} in round ${round}`);
      }
    }
  }));

test('callbacks_of_several_instruments_and_of_one_made_twice_are_one_metric_each', (t) =>
  metering({}, async ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const [first, again] = ['twice', 'twice'].map((name) => meter.createObservableCounter(name));
    first.addCallback((result) => result.observe(1, { k: 'a' }));
    again.addCallback((result) => result.observe(2, { k: 'b' }));
    await provider.collect();
    t.deepEqual(values('twice'), { [A]: { double: 1 }, [B]: { double: 2 } });
  }));

test('callbacks_that_are_none_are_told', (t) =>
  metering({}, async ({ provider }) => {
    const meter = provider.getMeter('m');
    const warnings = warningsOf(() => {
      meter.createObservableGauge('callback.none').addCallback(undefined as never);
      meter.addBatchObservableCallback(() => {}, []);
      meter.addBatchObservableCallback(() => {}, undefined as never);
    });
    t.is(warnings.length, 2);
    await provider.collect();
  }));

test('the_interval_asks_the_callbacks', (t) =>
  metering({ exportIntervalMillis: 5 }, async ({ provider, values }) => {
    const gauge = provider.getMeter('m').createObservableGauge('g');
    await new Promise<void>((resolve) => {
      let calls = 0;
      gauge.addCallback((result) => {
        result.observe(++calls);
        if (calls === 3) resolve();
      });
      // The interval alone keeps no process alive.
      const alive = setInterval(() => {}, 1_000);
      t.teardown(() => clearInterval(alive));
    });
    t.true((values('g')['[]'] as { double: number }).double >= 2);
  }));

test('of_two_observations_of_a_set_the_later_one_stays', (t) =>
  metering({}, async ({ provider, values }) => {
    const gauge = provider.getMeter('m').createObservableGauge('g');
    gauge.addCallback((result) => {
      result.observe(1, { a: 1, b: 2 });
      result.observe(2, { b: 2, a: 1 });
    });
    await provider.collect();
    t.deepEqual(Object.values(values('g')), [{ double: 2 }]);
  }));

test('ten_thousand_sets_are_observed_at_once', (t) =>
  metering({ cardinalityLimit: 20_000 }, async ({ provider, values }) => {
    const gauge = provider.getMeter('m').createObservableGauge('g');
    gauge.addCallback((result) => {
      for (let i = 0; i < 10_000; i++) result.observe(i, { i });
    });
    await provider.collect();
    await provider.collect();
    t.is(Object.keys(values('g')).length, 10_000);
  }));

const OVERFLOW = '[["otel.metric.overflow",{"bool":true}]]';

function numbered(first: number, count: number): Record<string, { double: number }> {
  const of = (number: number) => [`[["i",{"number":${number}}]]`, { double: number }] as const;
  return Object.fromEntries(Array.from({ length: count }, (_, at) => of(first + at)));
}

test('sets_that_are_not_observed_any_more_leave_their_places_under_the_limit_to_others', (t) =>
  metering({ cardinalityLimit: 11 }, async ({ provider, values }) => {
    const gauge = provider.getMeter('m').createObservableGauge('g');
    let first = 0;
    gauge.addCallback((result) => {
      for (let i = first; i < first + 10; i++) result.observe(i, { i });
    });
    for (first = 0; first < 50; first += 10) {
      await provider.collect();
      await provider.collect();
      t.deepEqual(values('g'), numbered(first, 10));
    }
  }));

test('sets_that_come_while_all_places_are_taken_are_in_the_overflow_series_for_that_collection', (t) =>
  metering({ cardinalityLimit: 11 }, async ({ provider, values }) => {
    const gauge = provider.getMeter('m').createObservableGauge('g');
    let sets = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    gauge.addCallback((result) => {
      for (const i of sets) result.observe(i, { i });
    });
    await provider.collect();
    sets = [5, 6, 7, 8, 9, 10, 11];
    await provider.collect();
    t.deepEqual(values('g'), { ...numbered(5, 5), [OVERFLOW]: { double: 11 } });
    await provider.collect();
    t.deepEqual(values('g'), numbered(5, 7));
  }));

test('what_a_failing_callback_observed_before_keeps_its_place_while_others_come_and_go', (t) =>
  metering({ cardinalityLimit: 11 }, async ({ provider, values }) => {
    const gauge = provider.getMeter('m').createObservableGauge('g');
    let fails = false;
    gauge.addCallback((result) => {
      for (let i = 0; i < 5; i++) result.observe(i, { i });
      if (fails) throw new Error('not today');
    });
    let first = 5;
    gauge.addCallback((result) => {
      for (let i = first; i < first + 5; i++) result.observe(i, { i });
    });
    await provider.collect();
    fails = true;
    for (; first < 50; first += 5) {
      await provider.collect();
      await provider.collect();
      t.deepEqual(values('g'), { ...numbered(0, 5), ...numbered(first, 5) });
    }
  }));

for (const call of ['collect', 'forceFlush', 'shutdown'] as const) {
  test(`a_callback_that_awaits_${call}_is_asked_once_and_holds_up_nobody`, (t) =>
    metering({ flushTimeoutMillis: 100 }, async ({ provider, values }) => {
      const meter = provider.getMeter('m');
      let calls = 0;
      meter.createObservableGauge('g').addCallback(async () => {
        calls++;
        // nobody reads, so that a flush fails in time
        await provider[call]().catch(() => {});
      });
      meter.createObservableGauge('other').addCallback((result) => result.observe(2));
      await provider.collect();
      t.is(calls, 1);
      t.deepEqual(values('other'), { '[]': { double: 2 } });
    }));
}
