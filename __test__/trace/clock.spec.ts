// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ROOT_CONTEXT, type TimeInput, trace } from '@opentelemetry/api';
import test from 'ava';
import { recording } from '../support/recording';
import { spansIn } from '../support/written-files';

const SECOND = 1_000_000_000n;

interface Times {
  start: bigint;
  end: bigint;
  events: bigint[];
}

function timesOf(directory: string, name: string): Times {
  const { span } = spansIn(directory).find(({ span }) => span.name === name)!;
  const events = (span.events as { time: string }[]).map(({ time }) => BigInt(time));
  return { start: BigInt(span.start as string), end: BigInt(span.end as string), events };
}

test('times_are_the_wall_clocks_and_never_go_back_within_a_span', (t) =>
  recording({}, ({ provider, directory }) => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const tracer = provider.getTracer('t');
    const span = tracer.startSpan('span');
    const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, span));
    for (let i = 0; i < 20; i++) span.addEvent('event');
    child.end();
    span.end();
    const after = BigInt(Date.now()) * 1_000_000n;
    const { start, end, events } = timesOf(directory, 'span');
    const order = [before - SECOND, start, ...events, end, after + SECOND];
    t.deepEqual(
      order,
      [...order].sort((a, b) => (a < b ? -1 : 1)),
    );
    t.true(timesOf(directory, 'child').start >= start);
  }));

test('given_times_are_kept_to_the_nanosecond_in_every_form', (t) =>
  recording({}, ({ provider, directory }) => {
    const forms: [TimeInput, bigint][] = [
      [[1_700_000_000, 123_456_789], 1_700_000_000_123_456_789n],
      [[1_700_000_000, 1_999_999_999], 1_700_000_001_999_999_999n],
      [1_700_000_000_123, 1_700_000_000_123_000_000n],
      [1_700_000_000_123.5, 1_700_000_000_123_500_000n],
      [new Date(1_700_000_000_123), 1_700_000_000_123_000_000n],
    ];
    for (const [i, [form, expected]] of forms.entries()) {
      const span = provider.getTracer('t').startSpan(`${i}`, { startTime: form });
      span.addEvent('event', form);
      span.addEvent('event', {}, form);
      span.end(form);
      t.deepEqual(timesOf(directory, `${i}`), { start: expected, end: expected, events: [expected, expected] });
    }
  }));

test('a_time_of_performance_now_is_a_moment_of_this_process', (t) =>
  recording({}, ({ provider, directory }) => {
    const moment = performance.now() - 50;
    const span = provider.getTracer('t').startSpan('span', { startTime: moment });
    span.end(performance.now());
    const { start, end } = timesOf(directory, 'span');
    const expected = BigInt(Math.round((performance.timeOrigin + moment) * 1e6));
    t.true(start > expected - SECOND && start < expected + SECOND);
    t.true(end > start);
  }));

test('an_end_before_the_start_becomes_the_start', (t) =>
  recording({}, ({ provider, directory }) => {
    const tracer = provider.getTracer('t');
    tracer.startSpan('given', { startTime: [1_700_000_000, 5] }).end([1_700_000_000, 4]);
    t.deepEqual(timesOf(directory, 'given'), {
      start: 1_700_000_000_000_000_005n,
      end: 1_700_000_000_000_000_005n,
      events: [],
    });
    // The start is ahead of the clock that tells the end.
    tracer.startSpan('ahead', { startTime: [4_000_000_000, 7] }).end();
    const { start, end } = timesOf(directory, 'ahead');
    t.is(start, 4_000_000_000_000_000_007n);
    t.is(end, start);
  }));
