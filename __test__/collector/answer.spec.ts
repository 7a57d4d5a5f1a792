// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import fc from 'fast-check';
import { Backoff } from '../../ts/collector/exporters/backoff';
import { outcomeOf, retryAfter } from '../../ts/collector/exporters/otlphttp/answer';
import { RETRY_FOREVER } from '../../ts/collector/exporters/retry';
import { wireFields } from '../../ts/collector/wire';

test('Retry-After is read as seconds or as a date, and an hour at most', (t) => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  t.is(retryAfter('7', now), 7000);
  t.is(retryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now), 30_000);
  t.is(retryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now), 0);
  t.is(retryAfter('99999999999', now), 3_600_000);
  t.is(retryAfter('soon', now), undefined);
  t.is(retryAfter(undefined, now), undefined);
});

test('a Retry-After that is a date counts from the date of the answer, whatever the clock shows here', (t) => {
  const headers = { date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' };
  const response = { status: 503, statusText: '', headers, body: Buffer.alloc(0) };
  for (const now of ['2020-01-01', '2026-01-01', '2030-01-01']) {
    t.like(outcomeOf(response, 'traces', Date.parse(now)), { kind: 'retry', after: 30_000 });
  }
  const undated = { ...response, headers: { 'retry-after': headers['retry-after'] } };
  t.like(outcomeOf(undated, 'traces', Date.parse('2026-01-01T00:00:10Z')), { after: 20_000 });
});

test('waits between attempts grow to the maximum, within the jitter, and never undercut what was asked', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40 }),
      fc.nat(100_000),
      (draws, asked) => {
        let draw = 0;
        const backoff = new Backoff(RETRY_FOREVER, () => draws[draw]);
        let interval = RETRY_FOREVER.initial_interval;
        for (; draw < draws.length; draw++) {
          const wait = backoff.next(draw === 20 ? asked : undefined)!;
          if (draw === 20) t.true(wait >= asked);
          else t.true(wait >= interval * 0.5 && wait <= interval * 1.5);
          interval = Math.min(interval * 1.5, RETRY_FOREVER.max_interval);
        }
        t.is(interval, RETRY_FOREVER.max_interval);
      },
    ),
  );
});

test('bytes that are no protobuf end in a RangeError, and a walk never leaves its message', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        let size = 0;
        for (const { value } of wireFields(Buffer.from(bytes))) size += typeof value === 'number' ? 1 : value.length;
        return size <= bytes.length;
      } catch (error) {
        return error instanceof RangeError;
      }
    }),
  );
  t.throws(() => [...wireFields(Buffer.from([0x0a, 5, 1]))], { message: /longer than its message/ });
  t.throws(() => [...wireFields(Buffer.from([0x08, 0x80]))], { message: /no end/ });
});
