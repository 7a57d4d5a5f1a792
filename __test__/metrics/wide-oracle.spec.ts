// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { deepStrictEqual } from 'node:assert';
import {
  type Attributes,
  DiagLogLevel,
  diag,
  type MeterProvider,
  type Observable,
  ValueType,
} from '@opentelemetry/api';
import test from 'ava';
import * as fc from 'fast-check';
import { MmapMeterProvider } from '../../ts/metrics/provider';
import type { ViewOptions } from '../../ts/metrics/view';
import type { FlatMetric } from '../support/metric-json';
import { metricsIn, withDirectory } from '../support/written-files';
import { stockResult } from './stock-result';

// What stock-oracle.spec.ts does not vary: meters, limits, names, attributes, several callbacks, and numbers at the ends of what there is.

diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);

type Use = (provider: MeterProvider) => void;

async function ourResult(use: Use, views: ViewOptions[] = []): Promise<FlatMetric[]> {
  return withDirectory(async (directory) => {
    const provider = new MmapMeterProvider({ directory, resourceDetectors: [], views });
    use(provider);
    await provider.collect();
    const result = metricsIn(directory);
    await provider.shutdown();
    return result;
  });
}

/** An odd text, all of whose characters are whole. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'a',
    'A',
    '{request}',
    'By/s',
    'µs',
    '°C',
    '1',
    'e\u0301',
    'é',
    '\u0000',
    '"\\\n',
    '🦀',
    'x'.repeat(300),
  ),
  fc.string({ maxLength: 6 }),
);

const value: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom<unknown>(
    0,
    -0,
    2 ** 53,
    -(2 ** 53),
    2 ** 62,
    1e300,
    Number.NaN,
    null,
    undefined,
    ['a', null],
    [1, 2.5],
    [true],
    [],
  ),
);
const attributes = fc.option(
  fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', 'c'), text), value, {
    maxKeys: 4,
    noNullPrototype: true,
  }) as fc.Arbitrary<Attributes>,
  { nil: undefined },
);

const meter = fc.record({
  name: fc.constantFrom('one', 'two', ''),
  version: fc.constantFrom(undefined, '', '1', '2'),
  schemaUrl: fc.constantFrom(undefined, 'https://example.org/1', 'https://example.org/2'),
});
const call = fc.record({
  meter: fc.nat(3),
  instrument: fc.constantFrom('c', 'u', 'h', 'g'),
  value: fc.integer({ min: 0, max: 1000 }),
  attributes,
});

test('meters that differ in version or schema URL, odd names, units and attributes are those of the stock SDK', async (t) => {
  const shape = fc.record({ name: text.filter((each) => each !== ''), unit: text, description: text });
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(
        fc.array(meter, { minLength: 1, maxLength: 4 }),
        shape,
        fc.array(call, { maxLength: 30 }),
        async (meters, { name, unit, description }, calls) => {
          const use: Use = (provider) => {
            for (const { meter: at, instrument, value, attributes } of calls) {
              const { name: of, version, schemaUrl } = meters[at % meters.length];
              const made = provider.getMeter(of, version, schemaUrl === undefined ? undefined : { schemaUrl });
              const options = { unit, description, valueType: ValueType.INT };
              if (instrument === 'c') made.createCounter(`${name}c`, options).add(value, attributes);
              if (instrument === 'u') made.createUpDownCounter(`${name}u`, options).add(-value, attributes);
              if (instrument === 'h') made.createHistogram(`${name}h`, options).record(value, attributes);
              if (instrument === 'g') made.createGauge(`${name}g`, options).record(value, attributes);
            }
          };
          deepStrictEqual(await ourResult(use), await stockResult(use));
        },
      ),
      { numRuns: 150 },
    ),
  );
});

/** Sums of these are exact within one instrument, or overflow alike. */
const extreme = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    Number.MIN_VALUE,
    -Number.MIN_VALUE,
    2 ** -1022,
    2 ** -1074 * 3,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    1,
    2,
    4,
    0.5,
    2 ** 53,
    2 ** 53 + 2,
  ),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1e-300, max: 1e-300, noNaN: true }),
);

test('values at the ends of what a double holds are those of the stock SDK, but for histograms of what is no number', async (t) => {
  const kinds = fc.constantFrom<'sum' | 'counter' | 'gauge' | 'histogram' | 'exponential' | 'negative'>(
    'sum',
    'counter',
    'gauge',
    'histogram',
    'exponential',
    'negative',
  );
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(
        kinds,
        fc.constantFrom(2, 3, 4, 20, 160),
        fc.array(extreme, { minLength: 1, maxLength: 40 }),
        async (kind, maxSize, all) => {
          const isHistogram = kind === 'histogram' || kind === 'exponential' || kind === 'negative';
          const values = isHistogram ? all.filter(Number.isFinite) : all;
          const use: Use = (provider) => {
            const made = provider.getMeter('m');
            for (const each of values) {
              if (kind === 'sum') made.createUpDownCounter('i').add(each);
              else if (kind === 'counter') made.createCounter('i').add(each);
              else if (kind === 'gauge' || kind === 'negative') made.createGauge('i').record(each);
              else made.createHistogram('i').record(each);
            }
          };
          const aggregation = { type: 5, options: { maxSize, recordMinMax: true } } as ViewOptions['aggregation'];
          const views = kind === 'exponential' || kind === 'negative' ? [{ instrumentName: 'i', aggregation }] : [];
          deepStrictEqual(await ourResult(use, views), await stockResult(use, views));
        },
      ),
      { numRuns: 200 },
    ),
  );
});

test('whole numbers beyond 2^53 are those of the stock SDK', async (t) => {
  const whole = fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(2 ** 53, 2 ** 54 + 4, 2 ** 60, -(2 ** 61), 1.5, -0.5, 0.999),
  );
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('sum', 'gauge', 'histogram'),
        fc.array(whole, { minLength: 1, maxLength: 3 }),
        async (kind, values) => {
          const use: Use = (provider) => {
            const made = provider.getMeter('m');
            const options = { valueType: ValueType.INT };
            for (const each of values) {
              if (kind === 'sum') made.createUpDownCounter('i', options).add(each);
              else if (kind === 'gauge') made.createGauge('i', options).record(each);
              else made.createHistogram('i', options).record(each);
            }
          };
          deepStrictEqual(await ourResult(use), await stockResult(use));
        },
      ),
      { numRuns: 150 },
    ),
  );
});

test('limits of series with views that take attributes away give the series of the stock SDK', async (t) => {
  const views = fc.record({
    aggregationCardinalityLimit: fc.integer({ min: 1, max: 6 }),
    keys: fc.option(fc.subarray(['a', 'b']), { nil: undefined }),
    aggregation: fc.constantFrom(
      { type: 0 },
      { type: 3 },
      { type: 4, options: { boundaries: [1, 10] } },
      { type: 5, options: { maxSize: 4 } },
    ),
  });
  const sets = fc.record({ a: fc.nat(3), b: fc.nat(3) }, { requiredKeys: [] }) as fc.Arbitrary<Attributes>;
  const calls = fc.array(fc.tuple(fc.constantFrom('c', 'h'), fc.integer({ min: 1, max: 50 }), sets), { maxLength: 40 });
  const stockViews = await import('@opentelemetry/sdk-metrics');
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(views, calls, async ({ keys, ...view }, calls) => {
        const use: Use = (provider) => {
          const made = provider.getMeter('m');
          for (const [kind, value, attributes] of calls) {
            if (kind === 'c') made.createCounter('c').add(value, attributes);
            else made.createHistogram('h').record(value, attributes);
          }
        };
        const selected = ['c', 'h'].map((instrumentName) => ({ instrumentName, ...view }));
        const ours = selected.map((each) => ({ ...each, ...(keys && { allowedAttributes: keys }) })) as ViewOptions[];
        const stock = selected.map((each) => ({
          ...each,
          ...(keys && { attributesProcessors: [stockViews.createAllowListAttributesProcessor(keys)] }),
        }));
        deepStrictEqual(await ourResult(use, ours), await stockResult(use, stock));
      }),
      { numRuns: 150 },
    ),
  );
});

test('several callbacks of one instrument, sets that are observed again, and callbacks that are taken away give the numbers of the stock SDK', async (t) => {
  const observations = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.record({ a: fc.nat(2) })), {
    maxLength: 5,
  });
  const kinds = fc.constantFrom<'ObservableCounter' | 'ObservableUpDownCounter' | 'ObservableGauge'>(
    'ObservableCounter',
    'ObservableUpDownCounter',
    'ObservableGauge',
  );
  const callbacks = fc.array(
    fc.record({ list: observations, again: fc.boolean(), removed: fc.boolean(), batch: fc.boolean() }),
    { maxLength: 4 },
  );
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(kinds, fc.constantFrom(0, 1), callbacks, async (kind, valueType, callbacks) => {
        const use: Use = (provider) => {
          const made = provider.getMeter('m');
          const instrument: Observable = made[`create${kind}`]('i', { valueType });
          const other = made.createObservableGauge('other');
          for (const { list, again, removed, batch } of callbacks) {
            if (batch) {
              const ask: Parameters<typeof made.addBatchObservableCallback>[0] = (result) => {
                for (const [value, attributes] of list) {
                  result.observe(instrument, value, attributes);
                  result.observe(other, value, attributes);
                }
              };
              made.addBatchObservableCallback(ask, [instrument, other]);
              if (again) made.addBatchObservableCallback(ask, [other, instrument]);
              if (removed) made.removeBatchObservableCallback(ask, [instrument, other]);
            } else {
              const ask: Parameters<typeof instrument.addCallback>[0] = (result) => {
                for (const [value, attributes] of list) result.observe(value, attributes);
              };
              instrument.addCallback(ask);
              if (again) instrument.addCallback(ask);
              if (removed) instrument.removeCallback(ask);
            }
          }
        };
        deepStrictEqual(await ourResult(use), await stockResult(use));
      }),
      { numRuns: 150 },
    ),
  );
});
