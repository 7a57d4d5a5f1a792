// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ROOT_CONTEXT, type TraceState, trace } from '@opentelemetry/api';
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

/** A trace state of so many members, longer than the W3C's 512 characters where it has to be. */
function traceStateOf(members: number): TraceState {
  const text = Array.from({ length: members }, (_, i) => `vendor${i}=${'v'.repeat(20)}`).join(',');
  const traceState = { get: () => undefined, set: () => traceState, unset: () => traceState, serialize: () => text };
  return traceState;
}

const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };

test('a_trace_state_of_any_length_arrives_whole', (t) =>
  recording({ geometry: { ...geometry, spansBufferSize: 256 } }, ({ provider, directory }) => {
    const tracer = provider.getTracer('t');
    const attributes = { beside: 'it' };
    const counts = [1, 8, 17, 300];
    for (const members of counts) {
      const context = { ...remote, traceState: traceStateOf(members) };
      const parent = trace.setSpanContext(ROOT_CONTEXT, context);
      tracer.startSpan(`short ${members}`, { attributes, links: [{ context, attributes }] }, parent).end();
      tracer.startSpan(`${'long'.repeat(300)} ${members}`, { attributes }, parent).end();
    }
    const spans = spansIn(directory).map(({ span }) => span);
    t.is(spans.length, 2 * counts.length);
    for (const span of spans) {
      const traceState = traceStateOf(Number((span.name as string).split(' ')[1])).serialize();
      for (const holder of [span as unknown as Link, ...(span.links as Link[])]) {
        t.is(holder.traceState, traceState);
        t.deepEqual(valuesOf(holder.attributes), attributes);
      }
    }
    t.deepEqual(provider.status()?.drops, {});
  }));

test('without_room_in_the_spill_ring_a_trace_state_loses_members_from_its_end_and_is_counted', (t) =>
  recording({ geometry: { ...geometry, spillBytes: 0 } }, ({ provider, directory }) => {
    const context = { ...remote, traceState: traceStateOf(100) };
    const span = provider.getTracer('t').startSpan('span', {}, trace.setSpanContext(ROOT_CONTEXT, context));
    span.addLink({ context }).end();
    const [{ span: found }] = spansIn(directory);
    const [link] = found.links as { traceState: string }[];
    for (const { traceState } of [found, link]) {
      const kept = (traceState as string).split(',');
      t.true(kept.length > 5 && kept.length < 20, `${kept.length} members`);
      t.deepEqual(kept, context.traceState.serialize().split(',').slice(0, kept.length));
    }
    t.deepEqual(provider.status()?.drops, { spans: { truncated: 2 } });
  }));

test('a_link_has_one_record_and_arrives_whole', (t) =>
  recording({ geometry }, ({ provider, directory }) => {
    const few = { first: 1, long: 'x'.repeat(1000), third: 3, fourth: 'y'.repeat(20_000) };
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key.${i}`, 'v'.repeat(i)]));
    const context = { ...remote, traceState: traceStateOf(12) };
    const span = provider.getTracer('t').startSpan('span', { links: [{ context: remote, attributes: few }] });
    span.addLink({ context: remote, attributes: many }).addLink({ context, attributes: many }).end();
    const links = spansIn(directory)[0].span.links as Link[];
    t.deepEqual(
      links.map(({ attributes }) => valuesOf(attributes)),
      [few, many, many],
    );
    t.deepEqual(
      links.map(({ traceState }) => traceState),
      ['', '', context.traceState.serialize()],
    );
    for (const { spanId, dropped } of links) t.deepEqual([spanId, dropped], [remote.spanId, 0]);
    t.deepEqual(provider.status()?.drops, {});
  }));

test('a_link_beyond_what_one_record_holds_keeps_the_rest_and_counts_what_it_lost', (t) =>
  recording({ geometry: { ...geometry, spillBytes: 1 << 20 } }, ({ provider, directory }) => {
    const attributes = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`key.${i}`, `${i % 10}`.repeat(60_000)]),
    );
    const context = { ...remote, traceState: traceStateOf(3) };
    provider.getTracer('t').startSpan('span').addLink({ context, attributes }).end();
    const [link] = spansIn(directory)[0].span.links as Link[];
    const kept = Object.entries(valuesOf(link.attributes));
    t.true(kept.length > 7);
    for (const [key, value] of kept) t.true((attributes[key] as string).startsWith(value as string));
    t.is(kept.length + link.dropped, 20);
    t.deepEqual(provider.status()?.drops, { spans: { truncated: 1 } });
  }));

test('any_link_arrives_whole', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 500 });
  const attributes = fc.dictionary(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 }), text, {
    maxKeys: 40,
  });
  const links = fc.sample(fc.array(fc.tuple(fc.nat({ max: 40 }), attributes), { maxLength: 4 }), 100);
  const room = { ...geometry, spansBuffers: 4096, spillBytes: 4 << 20, spansBufferSize: 256 };
  await recording({ geometry: room }, ({ provider, directory }) => {
    const given = links.map((list) =>
      list.map(([members, attributes]) => ({ context: { ...remote, traceState: traceStateOf(members) }, attributes })),
    );
    const tracer = provider.getTracer('t');
    for (const [i, links] of given.entries()) tracer.startSpan(`${i}`, { links }).end();
    for (const { span } of spansIn(directory)) {
      const found = span.links as Link[];
      const expected = given[Number(span.name)].map(({ context, attributes }) => [
        context.traceState.serialize(),
        Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, value.toWellFormed()])),
        0,
      ]);
      t.deepEqual(
        found.map(({ traceState, attributes, dropped }) => [traceState, valuesOf(attributes), dropped]),
        expected,
      );
    }
    t.deepEqual(provider.status()?.drops, {});
  });
});

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

interface Link {
  spanId: string;
  traceState: string;
  attributes: object[];
  dropped: number;
}

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
