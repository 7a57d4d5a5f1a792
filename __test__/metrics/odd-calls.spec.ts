// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Attributes, DiagLogLevel, diag, type Meter, type MetricOptions, ValueType } from '@opentelemetry/api';
import test from 'ava';
import { metering } from '../support/metering';
import { stockResult } from './stock-result';

// Calls at the edges of what instruments, views and attributes can be: what the stock SDK makes of them is what the file holds. Where it
// is not, docs/metrics.md says so.

diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);

type Use = (meter: Meter) => void;

const { MAX_VALUE, MIN_VALUE } = Number;
const INT = { valueType: ValueType.INT };

const records =
  (boundaries: unknown, ...values: number[]): Use =>
  (meter) => {
    const advice = { explicitBucketBoundaries: boundaries as number[] };
    const histogram = meter.createHistogram('of', boundaries === undefined ? undefined : { advice });
    for (const value of values) histogram.record(value);
  };

const takes =
  (kind: 'Counter' | 'UpDownCounter' | 'Gauge', options: MetricOptions | undefined, ...values: unknown[]): Use =>
  (meter) => {
    const instrument = meter[`create${kind}`]('of', options) as { add?(value: unknown): void };
    for (const value of values)
      (instrument.add ?? (instrument as { record?: typeof instrument.add }).record)?.call(instrument, value);
  };

const numbered: Use = (meter) => {
  const counter = meter.createCounter('of');
  for (let i = 0; i < 2_100; i++) counter.add(1, { i });
};

const pairOf =
  (one: MetricOptions, other: MetricOptions): Use =>
  (meter) => {
    const both = [meter.createCounter('of', one), meter.createCounter('of', other)];
    for (const counter of both) counter.add(1);
  };

const view = (options: object) => [{ instrumentName: 'of', ...options }];
const as = (type: number, options?: object) => view({ aggregation: { type, ...(options && { options }) } });
const DROP = 1;
const SUM = 2;
const LAST = 3;
const EXPLICIT = 4;
const EXPONENTIAL = 5;

const cases: Record<string, [use: Use, views?: object[]]> = {
  'a histogram of both zeros': [records([0, 5], -0, 0)],
  'a histogram whose sum is more than a double holds': [records([0, 5], MAX_VALUE, MAX_VALUE, 1)],
  'a histogram of an infinity': [records([0, 5], Number.POSITIVE_INFINITY)],
  'a histogram of what is not a number': [records([0, 5], Number.NaN, 1)],
  'a histogram of its bounds': [records([1, 2], 1, 2, 1 + Number.EPSILON)],
  'a histogram without bounds': [records([], 1, 5)],
  'a histogram of a hundred bounds': [
    records(
      Array.from({ length: 100 }, (_, i) => (i - 20) * 1.5),
      ...Array.from({ length: 400 }, (_, i) => i * 0.375),
    ),
  ],
  'a histogram with bounds out of order': [records([5, 1], 3)],
  'a histogram with bounds below zero': [records([-5, 5], 1)],
  'a histogram with null for bounds': [records(null, 1)],
  'a histogram of the least value': [records([0, 5], MIN_VALUE)],
  'a histogram of whole numbers': [(meter) => meter.createHistogram('of', INT).record(1.7)],
  'a counter of minus zero': [takes('Counter', {}, -0)],
  'a counter with more than a double holds': [takes('Counter', {}, MAX_VALUE, MAX_VALUE)],
  'a counter of what is not a number': [takes('Counter', {}, 1, Number.NaN, 2)],
  'infinities of both signs': [takes('UpDownCounter', {}, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)],
  'whole numbers that a double holds no longer': [takes('Counter', INT, 2 ** 53, 1, 1, 2)],
  'whole numbers far below zero': [takes('UpDownCounter', INT, -(2 ** 53), -3)],
  'whole numbers of 62 bits': [takes('Counter', INT, 2 ** 60, 2 ** 60, 2 ** 62)],
  'fractions of whole numbers': [takes('UpDownCounter', INT, 1.7, -1.2)],
  'a fraction below zero of a counter': [takes('Counter', INT, 1.7, -1.2)],
  'a gauge of a fraction of a whole number': [takes('Gauge', INT, 2.5, -0.5)],
  'a gauge of minus zero': [takes('Gauge', {}, -0)],
  'a gauge of what is not a number': [takes('Gauge', {}, Number.NaN)],
  'a gauge of an infinity': [takes('Gauge', {}, Number.NEGATIVE_INFINITY)],
  'values that are no numbers': [takes('Counter', {}, '5', 5n, null, undefined, {}, true)],
  'a unit that is too long': [takes('Counter', { unit: 'x'.repeat(70) }, 1)],
  'a unit that is not ASCII': [takes('Counter', { unit: '°C' }, 1)],
  'a long description': [takes('Counter', { description: 'd'.repeat(5_000) }, 1)],
  'a description of several lines': [takes('Counter', { description: 'a\n"b" é😀' }, 1)],
  'an instrument without a name': [(meter) => meter.createCounter('').add(1)],
  'an instrument whose name is too long': [(meter) => meter.createCounter('n'.repeat(300)).add(1)],
  'two of one name with two units': [pairOf({ unit: 's' }, { unit: 'S' })],
  'two of one name with two value types': [pairOf(INT, {})],
  'two of one name, the first with the longer description': [pairOf({ description: 'longer' }, { description: 's' })],
  'two of one name, the second with the longer description': [pairOf({ description: 's' }, { description: 'longer' })],
  'two of one name, described once': [pairOf({}, { description: 'described' })],
  'instruments of four kinds with one name': [
    (meter) => {
      meter.createCounter('of').add(1);
      meter.createUpDownCounter('of').add(2);
      meter.createHistogram('of').record(3);
      meter.createGauge('of').record(4);
    },
  ],
  'a second advice for one histogram': [
    (meter) => {
      for (const bound of [1, 2]) {
        meter.createHistogram('of', { advice: { explicitBucketBoundaries: [bound] } }).record(bound);
      }
    },
  ],
  'a view with bounds against advice': [records([1, 2], 1.5), as(EXPLICIT, { boundaries: [10, 20] })],
  'a view without bounds against advice': [records([1, 2], 1.5), as(EXPLICIT)],
  'a view of a description alone': [records([1, 2], 1.5), view({ description: 'told' })],
  'an exponential view against advice': [records([1, 2], 1.5), as(EXPONENTIAL)],
  'a view with bounds out of order': [records(undefined, 1.5, 15), as(EXPLICIT, { boundaries: [20, 10] })],
  'a view with infinite bounds': [
    records(undefined, 1.5, 15),
    as(EXPLICIT, { boundaries: [Number.NEGATIVE_INFINITY, 10, Number.POSITIVE_INFINITY] }),
  ],
  'an exponential histogram of an infinity': [records(undefined, 1, Number.POSITIVE_INFINITY, 2), as(EXPONENTIAL)],
  'an exponential histogram of zeros and the least and greatest values': [
    records(undefined, 0, -0, 1e-320, MAX_VALUE),
    as(EXPONENTIAL),
  ],
  'an exponential histogram of what is not a number': [records(undefined, Number.NaN, 1), as(EXPONENTIAL)],
  'an exponential histogram of four buckets without extremes': [
    records(undefined, 3, 1, 1e9),
    as(EXPONENTIAL, { maxSize: 4, recordMinMax: false }),
  ],
  'the last value of a counter': [takes('Counter', {}, 3, 1), as(LAST)],
  'the sum of a gauge': [takes('Gauge', {}, 3, 1), as(SUM)],
  'the sum of a histogram': [records(undefined, 3, 1), as(SUM)],
  'a histogram of a counter': [takes('Counter', {}, 3, 1), as(EXPLICIT)],
  'a histogram of an up-down-counter': [takes('UpDownCounter', {}, 3, -1), as(EXPLICIT)],
  'an exponential histogram of a gauge of whole numbers': [takes('Gauge', INT, 3, -1), as(EXPONENTIAL)],
  'one view that renames and one that drops all': [
    takes('Counter', {}, 3),
    [...view({ name: 'renamed' }), { instrumentName: '*', aggregation: { type: DROP } }],
  ],
  'one view that renames and one for all': [
    takes('Counter', {}, 3),
    [...view({ name: 'renamed' }), { instrumentName: '*' }],
  ],
  'a view of a meter': [takes('Counter', {}, 3), [{ meterName: 'm', meterVersion: '1', description: 'told' }]],
  'a view of another unit': [takes('Counter', {}, 3), [{ instrumentUnit: 's', aggregation: { type: DROP } }]],
  'more series than the default limit': [numbered],
  'a limit of four series': [numbered, view({ aggregationCardinalityLimit: 4 })],
  'a limit of one series': [numbered, view({ aggregationCardinalityLimit: 1 })],
};

for (const [name, [use, views]] of Object.entries(cases)) {
  test(`${name}: as the stock SDK has it`, (t) =>
    metering({ views }, async ({ provider, metrics }) => {
      use(provider.getMeter('m', '1'));
      t.deepEqual(metrics(), await stockResult((stock) => use(stock.getMeter('m', '1')), views));
    }));
}

class WithGetter {
  own = 1;
  get inherited(): number {
    return 2;
  }
}

const shapes: Record<string, object> = {
  'minus zero': { k: -0 },
  'numbers beyond 2^53': { k: 2 ** 53 + 2, l: 2 ** 60 },
  'lists of several types, with gaps': { k: [1, 'x', null, undefined, true, 2.5] },
  'lists of lists, and an empty one': { k: [[1], [2]], l: [] },
  'objects, dates, maps, sets, bytes, boxed values and functions': {
    a: { b: { c: 1 } },
    d: new Date(0),
    e: new Map([['x', 1]]),
    f: new Set([1]),
    g: new Uint8Array([1, 2, 3]),
    h: new String('s'),
    i() {},
  },
  'nothing, twice': { k: null, l: undefined },
  'symbols as values and as keys': { k: Symbol('v'), [Symbol('k')]: 1, l: 1 },
  'an empty key and an empty text': { '': '' },
  'letters of all kinds': { 'ключ😀': 'знач😀', 'a\nb': 'x\0y' },
  'keys that are numbers': { 1: 'a', 0: 'b', 10: 'c' },
  'keys that objects have': JSON.parse('{"__proto__":"p","constructor":"c","toString":"t","hasOwnProperty":"h"}'),
  'two hundred keys': Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key.${i}`, i])),
  'a frozen object': Object.freeze({ k: 1 }),
  'an object without a prototype': Object.assign(Object.create(null), { z: 2, a: 1 }),
  'a proxy': new Proxy({ k: 1 }, {}),
  'an object of a class': new WithGetter(),
  'a list in place of an object': [1, 2],
};

for (const [name, attributes] of Object.entries(shapes)) {
  test(`attributes with ${name}: as the stock SDK has them`, (t) =>
    metering({}, async ({ provider, metrics }) => {
      const use = (meter: Meter) => {
        const counter = meter.createCounter('of');
        for (let i = 0; i < 3; i++) counter.add(1, attributes as Attributes);
      };
      use(provider.getMeter('m'));
      provider
        .getMeter('m')
        .createCounter('of')
        .bind(attributes as Attributes)
        .add(0);
      t.deepEqual(metrics(), await stockResult((stock) => use(stock.getMeter('m'))));
    }));
}

test('halves of surrogates are replaced, and make one series with U+FFFD', (t) =>
  metering({}, ({ provider, values }) => {
    const counter = provider.getMeter('m').createCounter('of');
    for (const text of ['\ud800x', '\udc00x', '\ufffdx']) counter.add(1, { k: text, [text]: 1 });
    t.deepEqual(values('of'), { '[["k",{"string":"\ufffdx"}],["\ufffdx",{"number":1}]]': { double: 3 } });
  }));

test('infinities and NaN are values of attributes, each another', (t) =>
  metering({}, ({ provider, metrics }) => {
    const counter = provider.getMeter('m').createCounter('of');
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let round = 0; round < 2; round++) for (const k of odd) counter.add(1, { k });
    t.deepEqual(
      metrics()[0].points.map(({ value }) => value),
      [{ double: 2 }, { double: 2 }, { double: 2 }],
    );
  }));
