// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import test from 'ava';
import {
  FIELD_END_UPDATE,
  FIELD_EVENT_DATA_NAME,
  FIELD_STATUS_CODE,
  FIELD_UPDATE_EVENT,
  FIELD_UPDATE_STATUS,
} from '../../ts/native/layout';
import { readFields } from '../support/protobuf-fields';
import { type Recording, recording } from '../support/recording';
import type { V1SpanRecord } from '../support/v1-decoder';

// What a call returned from is in the file. Each test looks into the file between the calls, as a reader would find it if the
// process died there.

const geometry = { spansBuffers: 128, spansBufferSize: 512, eventsBuffers: 2, measurementsBuffers: 2 };

function attributesSoFar({ records }: Recording): Record<string, unknown> {
  const pairs = records().flatMap((record) => [
    ...(record.start?.attributes ?? []),
    ...(record.attributes?.attributes ?? []),
  ]);
  return Object.fromEntries(pairs.map(([key, value]) => [key, Object.values(value)[0]]));
}

/** The extension's message `field` in a record. */
function fieldsOf(record: V1SpanRecord | undefined, field: number) {
  const [message] = record?.attributes?.unknown[field] ?? [];
  return message === undefined ? undefined : readFields(message as Uint8Array);
}

test('a_start_is_there_when_start_span_returns', (t) =>
  recording({ geometry }, ({ provider, records }) => {
    const tracer = provider.getTracer('scope', '1.2');
    const parent = tracer.startSpan('parent', {}, ROOT_CONTEXT);
    const options = { kind: SpanKind.CLIENT, attributes: { 'a.b': 'c', n: 7 } };
    const child = tracer.startSpan('child', options, trace.setSpan(ROOT_CONTEXT, parent));

    const [first, second] = records();
    t.is(first.traceId, parent.spanContext().traceId);
    t.is(first.spanId, parent.spanContext().spanId);
    t.is(first.start?.parentSpanId, '');
    t.is(first.start?.kind, 1);
    t.is(second.traceId, first.traceId);
    t.is(second.spanId, child.spanContext().spanId);
    t.like(second.start, { name: 'child', parentSpanId: first.spanId, kind: 3, flags: 0x101 });
    t.deepEqual(second.start?.attributes, [
      ['a.b', { string: 'c' }],
      ['n', { int: 7n }],
    ]);
    t.like(second.scope, { name: 'scope', version: '1.2' });
  }));

test('attributes_are_there_at_the_end_of_the_turn_in_which_they_were_set', (t) =>
  recording({ geometry }, async (where) => {
    const span = where.provider.getTracer('t').startSpan('span');
    span
      .setAttribute('a', 1)
      .setAttributes({ b: 'two', c: [true, false] })
      .setAttribute('a', 2);
    await undefined;
    t.deepEqual(attributesSoFar(where), { a: 2n, b: 'two', c: [{ bool: true }, { bool: false }] });
    t.is(where.records().length, 2, 'one record for all attributes of a turn');

    span.setAttribute('d', 4);
    await undefined;
    t.is(attributesSoFar(where).d, 4n);
  }));

test('attributes_of_the_turn_come_with_the_end_of_their_span', (t) =>
  recording({ geometry }, ({ provider, records }) => {
    const span = provider.getTracer('t').startSpan('span');
    span.setAttribute('late', 'yes');
    span.end();
    const [start, end, ...more] = records();
    t.truthy(start.start);
    const [update] = end.end?.unknown[FIELD_END_UPDATE] ?? [];
    t.true(Buffer.from(update as Uint8Array).includes('yes'));
    t.deepEqual(more, []);
  }));

test('attributes_of_one_span_are_there_when_another_span_gets_some', (t) =>
  recording({ geometry }, (where) => {
    const tracer = where.provider.getTracer('t');
    const [one, two] = [tracer.startSpan('one'), tracer.startSpan('two')];
    one.setAttribute('of.one', 1);
    two.setAttribute('of.two', 2);
    t.deepEqual(attributesSoFar(where), { 'of.one': 1n });
    one.setAttribute('of.one', 3);
    t.deepEqual(attributesSoFar(where), { 'of.one': 1n, 'of.two': 2n });
  }));

test('a_status_is_there_when_set_status_returns_and_brings_the_attributes_along', (t) =>
  recording({ geometry }, (where) => {
    const span = where.provider.getTracer('t').startSpan('span');
    span.setAttribute('a', 1);
    span.setStatus({ code: 2, message: 'broken' });
    t.is(where.records().length, 2);
    t.deepEqual(attributesSoFar(where), { a: 1n });
    const status = fieldsOf(where.records().at(-1), FIELD_UPDATE_STATUS);
    t.is(status?.find((field) => field.number === FIELD_STATUS_CODE)?.value, 2n);
    span.end();
    t.deepEqual(where.records().at(-1)?.end?.status, { code: 2, message: 'broken' });
  }));

test('name_event_exception_and_link_are_there_when_their_calls_return', (t) =>
  recording({ geometry }, ({ provider, records }) => {
    const span = provider.getTracer('t').startSpan('span');
    span.updateName('renamed');
    t.is(records().at(-1)?.name, 'renamed');

    const eventNames = () =>
      records().flatMap((record) => {
        const event = fieldsOf(record, FIELD_UPDATE_EVENT);
        const name = event?.find((field) => field.number === FIELD_EVENT_DATA_NAME)?.value;
        return name === undefined ? [] : [Buffer.from(name as Uint8Array).toString()];
      });
    span.addEvent('happened', { where: 'here' });
    t.deepEqual(eventNames(), ['happened']);
    span.recordException(new Error('boom'));
    t.deepEqual(eventNames(), ['happened', 'exception']);

    const context = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 };
    span.addLink({ context, attributes: { why: 'because' } });
    const [link] = records().at(-1)?.links?.links ?? [];
    t.like(link, { traceId: context.traceId, spanId: context.spanId, flags: 0x101 });
    t.deepEqual(link.attributes, [['why', { string: 'because' }]]);
  }));

test('an_end_is_there_when_end_returns_and_never_before_its_start', (t) =>
  recording({ geometry }, ({ provider, records }) => {
    const span = provider.getTracer('t').startSpan('span');
    span.end();
    const [{ start }, { end }] = records();
    t.true(end!.time >= start!.time);
    t.is(end!.status, undefined);
  }));

test('what_is_not_sampled_is_not_there', (t) =>
  recording(
    { geometry, sampler: { shouldSample: () => ({ decision: 1 }), toString: () => 'record only' } },
    (where) => {
      const span = where.provider.getTracer('t').startSpan('recorded only');
      t.true(span.isRecording());
      span.setAttribute('a', 1).addEvent('e').setStatus({ code: 2 });
      span.end();
      t.deepEqual(where.records(), []);
    },
  ));
