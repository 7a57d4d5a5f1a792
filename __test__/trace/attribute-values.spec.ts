// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes } from '@opentelemetry/api';
import test from 'ava';
import type { Redact } from 'otlp-mmap';
import type { FlatSpan } from '../support/otlp-json';
import { recording } from '../support/recording';
import { errorsOf } from '../support/warnings';
import { spansIn } from '../support/written-files';

// Every value that the API allows (any AnyValue, from 1.10 on), values that it does not, and the hook that decides what is kept.

const valuesOf = (holder: { attributes: unknown }) =>
  Object.fromEntries((holder.attributes as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]));
const attributesOf = ({ span }: FlatSpan) => valuesOf(span as { attributes: unknown });
const eventsOf = ({ span }: FlatSpan) => span.events as { attributes: unknown }[];
const linksOf = ({ span }: FlatSpan) => span.links as { attributes: unknown }[];
const link = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };

test('maps_bytes_mixed_arrays_and_bigints_arrive_wherever_a_span_takes_attributes', (t) => {
  const attributes = {
    map: { a: [1, 'x', null, { b: true }], empty: {} },
    bytes: new Uint8Array([1, 2, 3]),
    mixed: [1, 'two', false],
    large: 2n ** 62n,
  } as unknown as Attributes;
  const expected = {
    map: {
      kvlistValue: [
        {
          key: 'a',
          value: {
            arrayValue: [
              { intValue: '1' },
              { stringValue: 'x' },
              {},
              { kvlistValue: [{ key: 'b', value: { boolValue: true } }] },
            ],
          },
        },
        { key: 'empty', value: { kvlistValue: [] } },
      ],
    },
    bytes: { bytesValue: 'AQID' },
    mixed: { arrayValue: [{ intValue: '1' }, { stringValue: 'two' }, { boolValue: false }] },
    large: { intValue: String(2n ** 62n) },
  };
  return recording({}, ({ provider, directory }) => {
    const tracer = provider.getTracer('a');
    tracer.startSpan('at start', { attributes, links: [{ context: link, attributes }] }).end();
    tracer.startSpan('later').setAttributes(attributes).addEvent('e', attributes).end();
    const spans = spansIn(directory);
    const start = spans.find(({ span }) => span.name === 'at start')!;
    const later = spans.find(({ span }) => span.name === 'later')!;
    for (const found of [
      attributesOf(start),
      valuesOf(linksOf(start)[0]),
      attributesOf(later),
      valuesOf(eventsOf(later)[0]),
    ]) {
      t.deepEqual(found, expected);
    }
  });
});

test('an_object_is_taken_as_it_is_at_the_call', (t) =>
  recording({}, ({ provider, directory }) => {
    const map = { a: 1 };
    const bytes = Buffer.from([1, 2, 3]);
    const span = provider.getTracer('a').startSpan('span');
    span.setAttributes({ map, bytes } as never);
    map.a = 2;
    bytes[0] = 9;
    span.end();
    t.deepEqual(attributesOf(spansIn(directory)[0]), {
      map: { kvlistValue: [{ key: 'a', value: { intValue: '1' } }] },
      bytes: { bytesValue: 'AQID' },
    });
  }));

test('what_is_no_value_and_getters_that_throw_take_nothing_else_with_them', (t) =>
  recording({}, ({ provider, directory }) => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const attributes = { f: () => 1, s: Symbol('s'), circular, when: new Date(), kept: 1 } as unknown as Attributes;
    Object.defineProperty(attributes, 'thrown', {
      enumerable: true,
      get() {
        throw new Error('of the app');
      },
    });
    const error = new Proxy(new Error('hostile'), {
      get() {
        throw new Error('of the proxy');
      },
    });
    const tracer = provider.getTracer('a');
    tracer.startSpan('at start', { attributes }).end();
    const later = tracer.startSpan('later');
    later.setAttributes(attributes).addEvent('e', attributes).recordException(error);
    later.end();
    const spans = spansIn(directory);
    t.is(spans.length, 2);
    for (const span of spans) t.deepEqual(attributesOf(span), { kept: { intValue: '1' } });
    const events = spans.flatMap(eventsOf);
    t.deepEqual(events.map(valuesOf), [{ kept: { intValue: '1' } }]);
  }));

test('the_hook_decides_what_of_attributes_of_spans_events_and_links_reaches_the_file', (t) => {
  const redact: Redact = (key, value) => {
    if (key === 'password') return undefined;
    if (key === 'bad') throw new Error('of the hook');
    return typeof value === 'string' ? value.toUpperCase() : value;
  };
  return recording({ redact }, ({ provider, directory }) => {
    const attributes = { password: 'p', bad: 1, text: 'abc', n: 1 };
    const expected = { text: { stringValue: 'ABC' }, n: { intValue: '1' } };
    const told = errorsOf(() => {
      const tracer = provider.getTracer('a');
      const span = tracer.startSpan('span', { attributes, links: [{ context: link, attributes }] });
      span.setAttributes({ ...attributes, later: 'x' }).addEvent('e', attributes);
      span.end();
    });
    t.is(told.length, 1);
    t.regex(told[0], /redact hook threw for "bad"/);
    const [span] = spansIn(directory);
    t.deepEqual(attributesOf(span), { ...expected, later: { stringValue: 'X' } });
    t.deepEqual(valuesOf(eventsOf(span)[0]), expected);
    t.deepEqual(valuesOf(linksOf(span)[0]), expected);
  });
});
