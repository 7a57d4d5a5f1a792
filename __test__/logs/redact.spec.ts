// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import type { Redact } from 'otlp-mmap';
import { attributesOf, logRecording } from '../support/log-recording';
import { errorsOf } from '../support/warnings';

// The hook decides what of a value reaches the file.

const redact: Redact = (key, value) => {
  if (key === 'password') return undefined;
  if (key === 'card') return `…${String(value).slice(-4)}`;
  return typeof value === 'string' ? value.replace(/token=\w+/, 'token=…') : value;
};

test('values_are_changed_or_left_out_at_any_depth', (t) =>
  logRecording({ redact }, ({ provider, logs }) => {
    const user = { name: 'ada', password: 'secret', cards: [{ card: '1234567890' }] };
    const given = structuredClone(user);
    provider.getLogger('a').emit({
      body: 'GET /?token=abc',
      attributes: { password: 'secret', card: '1234567890', user, url: '/?token=abc', n: 1 },
    });
    const [record] = logs();
    t.deepEqual(record.log.body, { stringValue: 'GET /?token=…' });
    t.deepEqual(attributesOf(record), {
      card: { stringValue: '…7890' },
      user: {
        kvlistValue: [
          {
            key: 'cards',
            value: { arrayValue: [{ kvlistValue: [{ key: 'card', value: { stringValue: '…7890' } }] }] },
          },
          { key: 'name', value: { stringValue: 'ada' } },
        ],
      },
      url: { stringValue: '/?token=…' },
      n: { intValue: '1' },
    });
    t.deepEqual(user, given, 'the object of the app is as it was');
  }));

test('a_hook_may_drop_the_body_and_put_any_value_in_a_place', (t) => {
  const replace: Redact = (key) => (key === 'body' ? undefined : { hidden: [key, null, 5n], hook: { again: key } });
  return logRecording({ redact: replace }, ({ provider, logs }) => {
    provider.getLogger('a').emit({ body: { secret: 1 }, attributes: { a: 1 } });
    const [record] = logs();
    t.deepEqual(record.log.body, {});
    t.deepEqual(attributesOf(record).a, {
      kvlistValue: [
        { key: 'hidden', value: { arrayValue: [{ stringValue: 'a' }, {}, { intValue: '5' }] } },
        { key: 'hook', value: { kvlistValue: [{ key: 'again', value: { stringValue: 'a' } }] } },
      ],
    });
  });
});

test('a_hook_that_throws_drops_the_value_and_is_told_once', (t) => {
  const fail: Redact = (key, value) => {
    if (key === 'bad') throw new Error('of the hook');
    return value;
  };
  return logRecording({ redact: fail }, ({ provider, logs }) => {
    const told = errorsOf(() => {
      for (let i = 0; i < 3; i++) provider.getLogger('a').emit({ body: i, attributes: { bad: i, good: i } });
    });
    t.is(told.length, 1);
    t.regex(told[0], /redact hook threw for "bad"/);
    t.deepEqual(
      logs().map((record) => [record.log.body, attributesOf(record)]),
      [0, 1, 2].map((i) => [{ intValue: `${i}` }, { good: { intValue: `${i}` } }]),
    );
  });
});
