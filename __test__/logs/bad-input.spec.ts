// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import * as fc from 'fast-check';
import { attributesOf, type LogRecording, logRecording } from '../support/log-recording';
import '../support/warnings';

// Whatever an app hands over: no exception reaches it, the rest of the record arrives, and what was cut is counted.

const truncated = ({ provider }: LogRecording) => provider.status()?.drops.events?.truncated ?? 0;

/** An object that throws whenever it is touched. */
const hostile = new Proxy(
  {},
  {
    get() {
      throw new Error('get');
    },
    ownKeys() {
      throw new Error('ownKeys');
    },
    getPrototypeOf() {
      throw new Error('getPrototypeOf');
    },
  },
);

test('a_body_that_contains_itself_arrives_without_the_circle', (t) =>
  logRecording({}, (where) => {
    const body: Record<string, unknown> = { a: 1, list: [] };
    body.self = body;
    (body.list as unknown[]).push(body, 'end');
    body.twice = [where, where].map(() => body.list);
    where.provider.getLogger('a').emit({ body: body as never, attributes: { b: 2 } });
    const [record] = where.logs();
    const list = { arrayValue: [{}, { stringValue: 'end' }] };
    t.deepEqual(record.log.body, {
      kvlistValue: [
        { key: 'a', value: { intValue: '1' } },
        { key: 'list', value: list },
        { key: 'self', value: {} },
        { key: 'twice', value: { arrayValue: [list, list] } },
      ],
    });
    t.deepEqual(attributesOf(record), { b: { intValue: '2' } });
    t.is(truncated(where), 1);
  }));

test('attributes_that_contain_themselves_are_left_out_as_by_the_stock_sdk', (t) =>
  logRecording({}, (where) => {
    const circular: unknown[] = [];
    circular.push(circular);
    where.provider.getLogger('a').emit({ body: 'b', attributes: { circular: circular as never, kept: 1 } });
    t.deepEqual(attributesOf(where.logs()[0]), { kept: { intValue: '1' } });
    t.is(truncated(where), 1);
  }));

test('getters_that_throw_take_nothing_with_them', (t) =>
  logRecording({}, (where) => {
    const fail = () => {
      throw new Error('of the app');
    };
    const body = { kept: 1 };
    Object.defineProperty(body, 'lost', { get: fail, enumerable: true });
    const attributes = { kept: 2, nested: { kept: 3 } };
    Object.defineProperty(attributes, 'lost', { get: fail, enumerable: true });
    const record = { body, attributes, severityText: 'INFO' };
    Object.defineProperty(record, 'eventName', { get: fail, enumerable: true });
    where.provider.getLogger('a').emit(record);
    const [{ log }] = where.logs();
    t.deepEqual(log.body, {
      kvlistValue: [
        { key: 'kept', value: { intValue: '1' } },
        { key: 'lost', value: {} },
      ],
    });
    t.deepEqual(log.attributes, [
      { key: 'kept', value: { intValue: '2' } },
      { key: 'nested', value: { kvlistValue: [{ key: 'kept', value: { intValue: '3' } }] } },
    ]);
    t.is(log.severityText, 'INFO');
    t.is(truncated(where), 1);
  }));

test('objects_that_throw_at_every_touch_hurt_nobody', (t) =>
  logRecording({}, (where) => {
    const logger = where.provider.getLogger('a');
    const places = ['body', 'attributes', 'exception', 'context', 'timestamp', 'severityText', 'eventName'];
    for (const place of places) logger.emit({ body: 'kept', [place]: hostile });
    logger.emit(hostile);
    for (const none of [null, undefined, 'text', 7]) logger.emit(none as never);
    const bodies = where.logs().map(({ log }) => log.body);
    t.is(bodies.length, places.length + 1);
    t.deepEqual(bodies.slice(1, places.length), Array(places.length - 1).fill({ stringValue: 'kept' }));
  }));

test('functions_and_symbols_are_no_values', (t) =>
  logRecording({}, (where) => {
    const odd = [() => 1, Symbol('s')];
    const logger = where.provider.getLogger('a');
    logger.emit({
      body: odd as never,
      attributes: { f: odd[0] as never, s: odd[1] as never, list: odd as never, n: 1 },
    });
    const [record] = where.logs();
    t.deepEqual(record.log.body, { arrayValue: [{}, {}] });
    t.deepEqual(attributesOf(record), { n: { intValue: '1' } });
    t.is(truncated(where), 1, 'once a record');
  }));

test('objects_of_classes_are_no_attribute_values_and_their_own_fields_in_a_body', (t) =>
  logRecording({}, ({ provider, logs }) => {
    class Order {
      id = 7;
    }
    const attributes = { order: new Order() as never, when: new Date() as never, map: new Map() as never };
    provider.getLogger('a').emit({ body: [new Order(), new Date()] as never, attributes });
    const [record] = logs();
    t.deepEqual(record.log.body, {
      arrayValue: [{ kvlistValue: [{ key: 'id', value: { intValue: '7' } }] }, { kvlistValue: [] }],
    });
    t.deepEqual(attributesOf(record), {});
  }));

test('numbers_of_every_kind_arrive_as_the_stock_exporter_sends_them_and_bigints_as_integers', (t) =>
  logRecording({}, ({ provider, logs }) => {
    const values = [
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      2 ** 53,
      2 ** 63,
      -(2 ** 63),
      0.5,
      7n,
      -(2n ** 63n),
      2n ** 63n,
    ];
    provider.getLogger('a').emit({ body: values as never });
    t.deepEqual(logs()[0].log.body, {
      arrayValue: [
        { intValue: '0' },
        { doubleValue: 'NaN' },
        { doubleValue: 'Infinity' },
        { doubleValue: '-Infinity' },
        { intValue: '9007199254740992' },
        { doubleValue: String(2 ** 63) },
        { intValue: '-9223372036854775808' },
        { doubleValue: '0.5' },
        { intValue: '7' },
        { intValue: '-9223372036854775808' },
        { stringValue: '9223372036854775808' },
      ],
    });
  }));

test('a_text_of_a_megabyte_is_cut_between_characters_and_counted', (t) =>
  logRecording({}, (where) => {
    const logger = where.provider.getLogger('a');
    for (const character of ['a', 'é', '😀']) {
      logger.emit({ body: character.repeat(1 << 20), attributes: { kept: 'short', long: character.repeat(1 << 19) } });
    }
    for (const [i, record] of where.logs().entries()) {
      const character = ['a', 'é', '😀'][i];
      const body = (record.log.body as { stringValue: string }).stringValue;
      t.true(body.length > 100);
      t.is(body, character.repeat(body.length / character.length));
      const { kept, long } = attributesOf(record) as Record<string, { stringValue: string }>;
      t.is(kept.stringValue, 'short');
      t.is(long.stringValue, character.repeat(long.stringValue.length / character.length));
    }
    t.true(truncated(where) >= 3);
  }));

test('of_ten_thousand_attributes_those_that_fit_arrive_and_the_others_are_counted', (t) =>
  logRecording({ logRecordLimits: { attributeCountLimit: Number.POSITIVE_INFINITY } }, (where) => {
    const attributes = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key.${i}`, i]));
    where.provider.getLogger('a').emit({ body: 'kept', attributes });
    const [record] = where.logs();
    t.deepEqual(record.log.body, { stringValue: 'kept' });
    const arrived = Object.keys(attributesOf(record)).length;
    t.true(arrived > 50);
    t.is(arrived + Number(record.log.dropped), 10_000);
  }));

test('empty_keys_are_left_out', (t) =>
  logRecording({}, ({ provider, logs }) => {
    provider.getLogger('a').emit({ attributes: { '': 1, a: { '': 2 } }, body: { '': 3 } });
    const [record] = logs();
    t.deepEqual(attributesOf(record), { a: { kvlistValue: [] } });
    t.deepEqual(record.log.body, { kvlistValue: [] });
  }));

test('what_is_no_time_is_taken_as_not_given', (t) =>
  logRecording({}, ({ provider, logs }) => {
    const before = BigInt(Date.now() - 1000) * 1_000_000n;
    const times = ['now', {}, Number.NaN, new Date(Number.NaN), [Number.NaN, 1], [1], null, Symbol('s')];
    for (const time of times) {
      provider.getLogger('a').emit({ timestamp: time as never, observedTimestamp: time as never, body: 'kept' });
    }
    t.is(logs().length, times.length);
    for (const { log } of logs()) {
      t.true(BigInt(log.time as string) > before);
      t.is(log.observed, log.time);
      t.deepEqual(log.body, { stringValue: 'kept' });
    }
  }));

test('a_getter_that_emits_a_record_itself_disturbs_neither', (t) =>
  logRecording({}, ({ provider, logs }) => {
    const logger = provider.getLogger('a');
    const body = { before: 'x'.repeat(50), after: 'y' };
    Object.defineProperty(body, 'between', {
      enumerable: true,
      get() {
        logger.emit({ body: 'from within', attributes: { inner: [1, { a: 2 }] } });
        return 'z';
      },
    });
    logger.emit({ body, attributes: { outer: 1 } });
    const [inner, outer] = logs();
    t.deepEqual(inner.log.body, { stringValue: 'from within' });
    t.regex(JSON.stringify(outer.log.body), /"y".*x{50}.*"z"/);
    t.deepEqual(attributesOf(outer), { outer: { intValue: '1' } });
  }));

test('no_record_of_any_shape_makes_emit_throw_and_each_arrives', (t) =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true })),
      (parts) =>
        logRecording({ geometry: { eventsBuffers: 256 } }, ({ provider, logs }) => {
          const logger = provider.getLogger('a');
          for (const part of parts) logger.emit({ body: part as never, attributes: { part: part as never, kept: 1 } });
          const written = logs();
          t.is(written.length, parts.length);
          for (const record of written) t.deepEqual(attributesOf(record).kept, { intValue: '1' });
        }),
    ),
    { numRuns: 50 },
  ));
