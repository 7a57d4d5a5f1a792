// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import * as fc from 'fast-check';
import { forgetAtoms } from '../../ts/metrics/atoms';
import { encodeAttributeSet } from '../../ts/metrics/attribute-set';
import { SeriesIndex, UNKNOWN_SERIES } from '../../ts/metrics/series-index';
import { SCRATCH_RECORD } from '../../ts/native/layout';
import { threadScratch } from '../../ts/native/scratch';

const value = fc.oneof(
  fc.constantFrom('a', 'b', '', 'é', '1', 'true', 'undefined'),
  fc.constantFrom(1, 0, -1, 1.5, 2 ** 40, true, false, undefined, null),
  fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
);
const attributes = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd', '7', 'a.long.key.of.more.than.32.characters'),
  value,
  {
    maxKeys: 4,
    noNullPrototype: true,
  },
);

/** The bytes that tell a set from another, as text. */
function encoded(set: object, keeps?: (key: string) => boolean): string {
  const length = encodeAttributeSet(set, keeps);
  return threadScratch.bytes.toString('latin1', SCRATCH_RECORD, SCRATCH_RECORD + length);
}

/** What the SDK's own hash of attributes tells apart. */
function canonical(set: Record<string, unknown>, keeps = (_key: string) => true): string {
  const keys = Object.keys(set).filter(keeps).sort();
  return JSON.stringify(keys.map((key) => [key, set[key] ?? null]));
}

function shuffled(set: Record<string, unknown>, order: number): Record<string, unknown> {
  const keys = Object.keys(set);
  const turned = [...keys.slice(order % (keys.length || 1)), ...keys.slice(0, order % (keys.length || 1))];
  return Object.fromEntries(turned.map((key) => [key, set[key]]));
}

test('equal_sets_are_equal_bytes_whatever_the_order_of_their_keys', (t) => {
  fc.assert(
    fc.property(attributes, attributes, fc.nat(5), (one, other, order) => {
      t.is(encoded(one), encoded(shuffled(one, order)));
      t.is(encoded(one) === encoded(other), canonical(one) === canonical(other));
    }),
  );
});

test('an_index_finds_what_it_remembered_and_nothing_else', (t) => {
  const model = fc.array(fc.tuple(attributes, fc.nat(5)), { maxLength: 60 });
  const keeps = (key: string) => key !== 'b';
  fc.assert(
    fc.property(model, fc.boolean(), (sets, isFiltered) => {
      const filter = isFiltered ? keeps : undefined;
      const index = new SeriesIndex(filter);
      const truth = new Map<string, number>();
      for (const [set, order] of sets) {
        const key = canonical(set, filter);
        const object = shuffled(set, order);
        const found = index.find(object);
        const series = truth.get(key) ?? truth.size + 1;
        truth.set(key, series);
        if (found === UNKNOWN_SERIES) {
          index.remember(series);
          const isPrimitive = Object.entries(set).every(
            ([name, each]) => filter?.(name) === false || !Array.isArray(each),
          );
          t.is(index.find(object), isPrimitive ? series : UNKNOWN_SERIES);
        } else {
          t.is(found, series);
        }
      }
    }),
  );
});

test('an_index_that_grows_loses_nothing', (t) => {
  const index = new SeriesIndex();
  const count = 40_000;
  for (let i = 0; i < count; i++) {
    const set = { topic: i % 200, partition: Math.floor(i / 200) };
    if (index.find(set) !== UNKNOWN_SERIES) t.fail(`${i} was there already`);
    index.remember(i + 1);
  }
  for (let i = 0; i < count; i++) {
    if (index.find({ topic: i % 200, partition: Math.floor(i / 200) }) !== i + 1) t.fail(`${i} is lost`);
  }
  t.pass();
});

test('an_index_whose_atoms_are_given_anew_forgets_all', (t) => {
  const index = new SeriesIndex();
  index.find({ a: 'x' });
  index.remember(7);
  t.is(index.find({ a: 'x' }), 7);
  forgetAtoms();
  t.is(index.find({ a: 'y' }), UNKNOWN_SERIES);
  t.is(index.find({ a: 'x' }), UNKNOWN_SERIES);
  index.remember(8);
  t.is(index.find({ a: 'x' }), 8);
});

test('values_that_are_remembered_hold_nothing_of_what_they_were_cut_out_of_and_long_ones_are_not_remembered', (t) => {
  forgetAtoms();
  const index = new SeriesIndex();
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    const request = `${'x'.repeat(10_000)}${i}`;
    // Made flat, as what comes from a socket is.
    Buffer.from(request);
    index.find({ path: request.slice(-20) });
    index.remember(i + 1);
    t.is(index.find({ body: request }), UNKNOWN_SERIES);
    index.remember(i + 1);
  }
  t.is(index.find({ body: `${'x'.repeat(10_000)}7` }), UNKNOWN_SERIES);
  t.is(index.find({ path: `${'x'.repeat(20 - 5)}12345` }), 12_346);
  collectGarbage();
  const grown = process.memoryUsage().heapUsed - before;
  t.true(grown < 1_000 * count, `${grown} bytes`);
});

test('endless_keys_are_not_remembered_for_ever', (t) => {
  const index = new SeriesIndex();
  for (let i = 0; i < 5_000; i++) {
    index.find({ [`key-${i}`]: 1 });
    index.remember(i + 1);
  }
  t.is(index.find({ 'key-0': 1 }), 1);
  t.is(index.find({ 'key-4999': 1 }), UNKNOWN_SERIES);
});
