// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import test from 'ava';
import * as fc from 'fast-check';
import { attributeOf, Reader } from '../support/reader';
import { recording } from '../support/recording';
import { spansIn } from '../support/written-files';

// A record takes one slot. What is longer is spread over records, and what no slot takes stands whole in the spill ring, up to
// the limit of values.

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

test('a_value_that_no_slot_takes_arrives_whole', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const values = {
      ascii: 'a'.repeat(60_000),
      two: 'é'.repeat(700),
      four: '😀'.repeat(16_384),
      strings: ['b'.repeat(700), 'c', 'd'.repeat(20_000)],
      numbers: Array.from({ length: 5000 }, (_, i) => i),
      short: 'short',
    };
    const tracer = provider.getTracer('t');
    tracer.startSpan('late').setAttributes(values).end();
    tracer.startSpan('early', { attributes: values }).end();
    tracer.startSpan('of an event').addEvent('e', values).end();
    const spans = spansIn(directory);
    t.is(spans.length, 3);
    for (const { span } of spans) {
      const [event] = span.events as { attributes: object[] }[];
      const found = valuesOf(event?.attributes ?? (span.attributes as object[]));
      t.deepEqual(found, values);
    }
    t.deepEqual(provider.status()?.drops, {});
  }));

test('a_name_a_status_and_an_event_name_of_any_length_arrive_whole', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const long = 'ü'.repeat(6000);
    const span = provider.getTracer('t').startSpan(long, { attributes: { beside: 'it' } });
    span.addEvent(long, { beside: 'it' });
    span.setStatus({ code: 2, message: long });
    const renamed = provider.getTracer('t').startSpan('short');
    renamed.updateName(long).end();
    span.end();
    const spans = spansIn(directory).map(({ span }) => span);
    t.is(spans.length, 2);
    for (const { name } of spans) t.is(name, long);
    const found = spans.find(({ events }) => (events as unknown[]).length > 0)!;
    t.is((found.status as { message: string }).message, long);
    t.is((found.events as { name: string }[])[0].name, long);
    t.deepEqual(valuesOf(found.attributes as object[]), { beside: 'it' });
    t.deepEqual(provider.status()?.drops, {});
  }));

test('a_value_beyond_the_limit_is_cut_between_characters_and_counted', (t) =>
  recording({ geometry, valueLimit: 2000 }, ({ provider, directory }) => {
    const texts = { ascii: 'a'.repeat(9000), two: 'é'.repeat(9000), four: '😀'.repeat(9000) };
    const list = ['b'.repeat(1000), 'c'.repeat(1000), 'd'.repeat(1000)];
    provider
      .getTracer('t')
      .startSpan('span')
      .setAttributes({ ...texts, list })
      .end();
    const [span] = spansIn(directory);
    for (const key of ['ascii', 'two', 'four'] as const) {
      const text = attributeOf(span, key) as string;
      t.true(texts[key].startsWith(text), `${key} is a beginning of what was set`);
      const length = Buffer.byteLength(text);
      t.true(length > 1990 && length < 2100, `${key} has ${length} bytes`);
    }
    const cut = valuesOf(span.span.attributes as object[]).list as string[];
    t.is(cut.length, 2);
    t.true(list.join(' ').startsWith(cut.join(' ')));
    t.deepEqual(provider.status()?.drops, { spans: { truncated: 4 } });
  }));

test('without_room_in_the_spill_ring_a_value_is_cut_and_counted', (t) =>
  recording({ geometry: { ...geometry, spillBytes: 64 << 10 } }, ({ provider, directory }) => {
    const tracer = provider.getTracer('t');
    const text = 'x'.repeat(40_000);
    for (let i = 0; i < 3; i++) tracer.startSpan('span').setAttribute('text', text).end();
    const lengths = spansIn(directory).map((span) => (attributeOf(span, 'text') as string).length);
    const [first, second, third] = lengths.sort((a, b) => b - a);
    t.is(first, text.length);
    t.true(second > 400 && second < 512 && third === second);
    t.deepEqual(provider.status()?.drops, { spans: { truncated: 2 } });
  }));

test('a_reader_that_takes_records_makes_room_for_further_values', (t) =>
  recording({ geometry: { ...geometry, spillBytes: 64 << 10 } }, async ({ provider, directory }) => {
    const tracer = provider.getTracer('t');
    const reader = new Reader(directory);
    const text = 'x'.repeat(40_000);
    for (let i = 0; i < 20; i++) {
      tracer.startSpan(`${i}`).setAttribute('text', text).end();
      await provider.forceFlush();
    }
    const { spans } = reader;
    t.is(spans.length, 20);
    for (const span of spans) t.is(attributeOf(span, 'text'), text);
    t.deepEqual(provider.status()?.drops, {});
    await reader.stop();
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

test('a_link_has_one_record_and_keeps_every_value_that_can_be_cut_into_it', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    const attributes = { first: 1, long: 'x'.repeat(1000), third: 3, fourth: 'y'.repeat(20_000) };
    provider.getTracer('t').startSpan('span').addLink({ context, attributes }).end();
    const [link] = spansIn(directory)[0].span.links as { spanId: string; attributes: object[]; dropped: number }[];
    t.is(link.spanId, context.spanId);
    t.deepEqual(valuesOf(link.attributes), attributes);
    t.is(link.dropped, 0);
  }));

test('a_link_that_cannot_be_cut_to_fit_keeps_its_context_and_counts_what_it_lost', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    const attributes = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key.${i}`, 'v'.repeat(100)]));
    provider.getTracer('t').startSpan('span').addLink({ context, attributes }).end();
    const [link] = spansIn(directory)[0].span.links as { spanId: string; attributes: object[]; dropped: number }[];
    t.is(link.spanId, context.spanId);
    const kept = valuesOf(link.attributes);
    t.true(link.attributes.length >= 4);
    for (const [key, value] of Object.entries(kept)) t.is(value, attributes[key]);
    t.is(link.attributes.length + link.dropped, 60);
  }));

test('any_text_of_any_length_arrives_whole', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({ unit: 'binary', minLength: 1000, maxLength: 4000 }),
  );
  await recording({ geometry: { ...geometry, spansBuffers: 4096, spillBytes: 4 << 20 } }, ({ provider, directory }) => {
    const tracer = provider.getTracer('t');
    const written = fc.sample(text, 300);
    for (const [i, value] of written.entries()) tracer.startSpan(`${i}`).setAttribute('text', value).end();
    const spans = spansIn(directory);
    t.is(spans.length, written.length);
    for (const span of spans) t.is(attributeOf(span, 'text'), written[Number(span.span.name)].toWellFormed());
    t.deepEqual(provider.status()?.drops, {});
  });
});

/** Attributes of OTLP JSON as a plain object. */
function valuesOf(attributes: readonly object[]): Record<string, unknown> {
  const list = attributes as { key: string; value: OtlpValue }[];
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

interface OtlpValue {
  stringValue?: string;
  intValue?: string;
  arrayValue?: OtlpValue[];
}

function plain(value: OtlpValue): unknown {
  if (value.arrayValue) return value.arrayValue.map(plain);
  return value.stringValue ?? Number(value.intValue);
}
