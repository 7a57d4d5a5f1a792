// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import * as fc from 'fast-check';
import { readBoolean, readList, readNumber, readString } from '../../ts/config/env';
import { warningsOf } from '../support/warnings';

const WHOLE = { min: 0, max: Number.POSITIVE_INFINITY, integer: true };

test('a_boolean_is_true_only_for_true_in_any_case', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.mixedCase(fc.constantFrom('true', 'false', '1', 'yes', 'on'))), (text) => {
      t.is(readBoolean({ FLAG: text }, 'FLAG'), text.trim().toLowerCase() === 'true');
    }),
  );
});

test('an_empty_or_blank_value_means_unset', (t) => {
  for (const text of [undefined, '', ' ', '\t\n ']) {
    const env = { NAME: text };
    t.is(readString(env, 'NAME'), undefined);
    t.is(readList(env, 'NAME'), undefined);
    t.is(readBoolean(env, 'NAME'), false);
    t.is(readNumber(env, 'NAME', WHOLE, 7), 7);
  }
});

test('a_number_keeps_to_its_rule_or_gives_the_default_with_one_warning_naming_variable_value_and_default', (t) => {
  t.is(readNumber({ N: ' 12 ' }, 'N', WHOLE, 7), 12);
  t.is(readNumber({ N: 'Infinity' }, 'N', WHOLE, 7), Number.POSITIVE_INFINITY);
  for (const text of ['-1', '1.5', 'many', 'NaN', '12px']) {
    const env = { LIMIT: text };
    const told = warningsOf(() => {
      t.is(readNumber(env, 'LIMIT', WHOLE, 7), 7);
      t.is(readNumber(env, 'LIMIT', WHOLE, 7), 7);
    });
    t.is(told.length, 1);
    t.regex(told[0], /LIMIT/);
    t.true(told[0].includes(JSON.stringify(text)));
    t.regex(told[0], /using 7/);
  }
});

test('a_list_is_trimmed_and_without_empty_or_repeated_entries', (t) => {
  t.deepEqual(readList({ L: ' a, b ,,a ,c,' }, 'L'), ['a', 'b', 'c']);
  t.deepEqual(readList({ L: ',' }, 'L'), []);
});
