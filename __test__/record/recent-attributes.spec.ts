// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import fc from 'fast-check';
import { SCRATCH_RECORD } from '../../ts/native/layout.js';
import { threadScratch } from '../../ts/native/scratch.js';
import { putAttribute } from '../../ts/record/any-value.js';
import { RecentAttributes } from '../../ts/record/recent-attributes.js';
import { bounds } from '../../ts/record/wire.js';

const TAG = 0x4a;
const NO_KEYS = { keyReference: () => 0 };
const { bytes } = threadScratch;
/** Far enough behind the record for another one. */
const COPY = SCRATCH_RECORD + 4096;

// Few keys of few lengths, and few values, so that they meet again and displace each other.
const keys = fc.constantFrom(
  'a',
  'b',
  'c',
  'd',
  'e',
  'url.path',
  'url.port',
  'schlüssel',
  'x'.repeat(64),
  'y'.repeat(128),
);
const values = fc.oneof(
  fc.constantFrom('', 'GET', 'ü', 'SELECT id, name FROM items WHERE id = $1', 'z'.repeat(55), 'z'.repeat(200)),
  fc.constantFrom(0, -0, 1, -1, 8443, 0.5, Number.NaN, 2 ** 40, -(2 ** 63)),
  fc.boolean(),
  fc.constantFrom<unknown>(['a', 'b'], [1, 2], null),
  fc.string(),
);

test('an_attribute_that_is_known_is_written_as_if_it_were_encoded_anew', (t) => {
  bounds.limit = SCRATCH_RECORD + 2048;
  bounds.cutting = false;
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, values), { maxLength: 80 }), (attributes) => {
      const recent = new RecentAttributes();
      const references = new Map<string, number>();
      for (const [key, value] of attributes) {
        const reference = references.get(key) ?? 70_000_000 + references.size;
        references.set(key, reference);
        const known = recent.find(key) ?? recent.add(key, reference);
        t.is(known.reference, reference);
        const end = putAttribute(SCRATCH_RECORD, TAG, reference, value, NO_KEYS);
        const copied = known.put(COPY + 1, value);
        if (copied === 0) {
          known.remember(value, SCRATCH_RECORD + 1, end);
          continue;
        }
        t.deepEqual(
          bytes.subarray(COPY + 1, copied),
          bytes.subarray(SCRATCH_RECORD + 1, end),
          `${key}: ${String(value)}`,
        );
      }
    }),
  );
});

test('a_repeated_attribute_is_known_and_a_cleared_one_is_not', (t) => {
  bounds.limit = SCRATCH_RECORD + 2048;
  const recent = new RecentAttributes();
  const known = recent.add('http.request.method', 7);
  t.is(known.put(COPY, 'GET'), 0);
  known.remember('GET', SCRATCH_RECORD + 1, putAttribute(SCRATCH_RECORD, TAG, 7, 'GET', NO_KEYS));
  t.not(known.put(COPY, 'GET'), 0);
  t.is(known.put(COPY, 'PUT'), 0, 'another value');
  recent.clear();
  t.is(recent.find('http.request.method'), undefined);
  t.is(known.put(COPY, 'GET'), 0);
});

test('a_value_met_again_stays_when_others_come_between', (t) => {
  bounds.limit = SCRATCH_RECORD + 2048;
  const known = new RecentAttributes().add('user.tier', 7);
  const use = (value: string) => {
    if (known.put(COPY, value) !== 0) return true;
    known.remember(value, SCRATCH_RECORD + 1, putAttribute(SCRATCH_RECORD, TAG, 7, value, NO_KEYS));
    return false;
  };
  use('free');
  t.true(use('free'));
  t.true(use('free'));
  t.false(use('gold'));
  t.true(use('free'));
});

test('a_key_of_unique_values_is_known_again_once_its_values_repeat', (t) => {
  bounds.limit = SCRATCH_RECORD + 2048;
  const known = new RecentAttributes().add('url.path', 7);
  const use = (value: string) => {
    if (known.put(COPY, value) !== 0) return true;
    known.remember(value, SCRATCH_RECORD + 1, putAttribute(SCRATCH_RECORD, TAG, 7, value, NO_KEYS));
    return false;
  };
  for (let i = 0; i < 1000; i++) t.false(use(`/items/${i}`));
  let tries = 1;
  while (!use('/health') && tries < 100) tries++;
  t.true(tries < 100);
});
