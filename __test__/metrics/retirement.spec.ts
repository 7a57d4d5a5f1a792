// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { metering } from '../support/metering';

/** Resolves when `holds`; the test's own time limit ends the wait. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('series_that_are_not_measured_end_and_others_go_on', (t) =>
  metering({ seriesIdleMillis: 200 }, async ({ provider, values }) => {
    const meter = provider.getMeter('m');
    const counter = meter.createCounter('c');
    const histogram = meter.createHistogram('h');
    const bound = counter.bind({ is: 'bound' });
    bound.add(1);
    for (let i = 0; i < 1_500; i++) {
      counter.add(1, { i });
      histogram.record(1, { i });
    }
    const keys = () => Object.keys(values('c'));
    let kept = 0;
    await until(() => {
      counter.add(1, { is: 'used' });
      kept++;
      return keys().length <= 2 && Object.keys(values('h')).length === 0;
    });
    t.deepEqual(values('c'), {
      '[["is",{"string":"bound"}]]': { double: 1 },
      '[["is",{"string":"used"}]]': { double: kept },
    });
    bound.add(1);
    counter.add(1, { i: 7 });
    t.deepEqual(values('c')['[["is",{"string":"bound"}]]'], { double: 2 });
    t.deepEqual(values('c')['[["i",{"number":7}]]'], { double: 1 });
  }));

test('series_that_the_index_does_not_remember_end_too', (t) =>
  metering({ seriesIdleMillis: 200, cardinalityLimit: 600 }, async ({ provider, values }) => {
    const counter = provider.getMeter('m').createCounter('c');
    // A list has no number in the index: each look-up is native.
    for (let i = 0; i < 500; i++) counter.add(1, { of: ['list', String(i)] });
    t.is(Object.keys(values('c')).length, 500);
    await until(() => Object.keys(values('c')).length === 0);
    for (let i = 500; i < 1_000; i++) counter.add(1, { of: ['list', String(i)] });
    const keys = Object.keys(values('c'));
    t.is(keys.length, 500, 'none of them is the overflow series');
  }));
