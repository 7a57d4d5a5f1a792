// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import test from 'ava';
import * as fc from 'fast-check';
import { attributeOf } from '../support/reader';
import { recording } from '../support/recording';
import { spansIn } from '../support/written-files';

// A record takes one slot. What is longer is spread over records, and what no slot takes is cut, and counted.

const geometry = { spansBuffers: 256, spansBufferSize: 512, eventsBuffers: 2, measurementsBuffers: 2 };

test('attributes_beyond_one_slot_take_more_records_and_none_is_lost', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const attributes = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key.${i}`, 'v'.repeat(i)]));
    provider.getTracer('t').startSpan('at start', { attributes }).end();
    provider.getTracer('t').startSpan('later').setAttributes(attributes).end();
    const event = provider.getTracer('t').startSpan('event').addEvent('e', attributes);
    event.end();

    const spans = spansIn(directory);
    t.is(spans.length, 3);
    for (const { span } of spans) {
      const events = span.events as { attributes: unknown[] }[];
      const list = (events[0] ?? span).attributes as { key: string; value: { stringValue: string } }[];
      t.deepEqual(Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue])), attributes);
    }
    t.deepEqual(provider.status()?.drops, {});
  }));

test('a_text_that_no_slot_takes_is_cut_between_characters_and_counted', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const texts = {
      ascii: 'a'.repeat(700),
      two: 'é'.repeat(700),
      four: '😀'.repeat(700),
      list: ['b'.repeat(700), 'c'],
    };
    provider.getTracer('t').startSpan('span').setAttributes(texts).end();
    const [span] = spansIn(directory);
    for (const key of ['ascii', 'two', 'four'] as const) {
      const text = attributeOf(span, key) as string;
      t.true(texts[key].startsWith(text), `${key} is a beginning of what was set`);
      t.true(Buffer.byteLength(text) > 400, `${key} fills its slot`);
    }
    t.regex(JSON.stringify(attributeOf(span, 'list')), /b{400}/);
    t.deepEqual(provider.status()?.drops, { spans: { truncated: 4 } });
  }));

test('a_name_a_status_and_an_event_name_that_no_slot_takes_are_cut_and_counted', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const long = 'ü'.repeat(600);
    const span = provider.getTracer('t').startSpan(long);
    span.addEvent(long);
    span.setStatus({ code: 2, message: long });
    span.end();
    const [{ span: written }] = spansIn(directory);
    const { name, status, events } = written as {
      name: string;
      status: { message: string };
      events: { name: string }[];
    };
    for (const text of [name, status.message, events[0].name]) t.regex(text, /^ü{200,255}$/);
    // The status is in a record of its own, and once more in the end.
    t.deepEqual(provider.status()?.drops, { spans: { truncated: 4 } });
  }));

test('a_trace_state_that_does_not_fit_loses_members_from_its_end', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const members = Array.from({ length: 17 }, (_, i) => `vendor${i}=${'v'.repeat(20)}`);
    const traceState = createTraceState(members.join(','));
    const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true, traceState };
    provider.getTracer('t').startSpan('span', {}, trace.setSpanContext(ROOT_CONTEXT, remote)).end();
    const kept = (spansIn(directory)[0].span.traceState as string).split(',');
    t.true(kept.length > 5 && kept.length < 17);
    t.deepEqual(kept, members.slice(0, kept.length));
  }));

test('a_link_that_does_not_fit_keeps_its_context_and_counts_what_it_lost', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    const attributes = { first: 1, long: 'x'.repeat(1000), third: 3, fourth: 4 };
    provider.getTracer('t').startSpan('span').addLink({ context, attributes }).end();
    const [link] = spansIn(directory)[0].span.links as { spanId: string; attributes: unknown[]; dropped: number }[];
    t.is(link.spanId, context.spanId);
    t.is(link.attributes.length, 2);
    t.is(link.dropped, 2);
  }));

test('any_text_of_any_length_arrives_whole_or_as_a_beginning_of_itself', async (t) => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.string({ unit: 'grapheme', maxLength: 300 }));
  await recording({ geometry: { ...geometry, spansBuffers: 4096 } }, ({ provider, directory }) => {
    const tracer = provider.getTracer('t');
    const written = fc.sample(text, 300);
    for (const [i, value] of written.entries()) tracer.startSpan(`${i}`).setAttribute('text', value).end();
    for (const span of spansIn(directory)) {
      const whole = written[Number(span.span.name)].toWellFormed();
      const found = attributeOf(span, 'text') as string;
      t.true(whole.startsWith(found), JSON.stringify({ whole, found }));
      if (Buffer.byteLength(whole) < 400) t.is(found, whole);
    }
  });
});
