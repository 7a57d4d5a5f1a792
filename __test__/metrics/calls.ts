// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, Meter, MeterProvider, Observable, ObservableResult } from '@opentelemetry/api';
import * as fc from 'fast-check';

/** An instrument to create. */
export interface Definition {
  type: 'Counter' | 'UpDownCounter' | 'Gauge' | 'Histogram' | ObservableType;
  name: string;
  description: string;
  unit: string;
  valueType: 0 | 1;
  boundaries: number[] | undefined;
}

type ObservableType = 'ObservableCounter' | 'ObservableUpDownCounter' | 'ObservableGauge';

/** A measurement, or, of an observable instrument, what it will observe from now on. */
export interface Measure {
  instrument: number;
  value: number;
  attributes: Attributes | undefined;
}

export type Step = Measure | 'collect';

/** Each once: of two equal ones OTLP has no bucket between, and the stock SDK keeps both. */
const boundaries = fc.uniqueArray(fc.integer({ min: -50, max: 2_000 }), { maxLength: 6 });

/** Names are given by place, so that no two instruments of one meter are in conflict. */
export const definitions: fc.Arbitrary<Definition[]> = fc
  .array(
    fc.record({
      type: fc.constantFrom<Definition['type'][]>(
        'Counter',
        'UpDownCounter',
        'Gauge',
        'Histogram',
        'ObservableCounter',
        'ObservableUpDownCounter',
        'ObservableGauge',
      ),
      description: fc.constantFrom('', 'What it counts.'),
      unit: fc.constantFrom('', 's', '{request}'),
      valueType: fc.constantFrom<(0 | 1)[]>(0, 1),
      boundaries: fc.option(boundaries, { nil: undefined }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((list) => list.map((each, at) => ({ ...each, name: `instrument.${at}` })));

export const viewOptions = fc.array(
  fc.record(
    {
      instrumentName: fc.constantFrom('instrument.0', 'instrument.1', 'instrument.2'),
      name: fc.constantFrom('view.a', 'view.b', 'view.c'),
      description: fc.constantFrom('', 'As the view says.'),
      instrumentUnit: fc.constantFrom('s', ''),
      instrumentType: fc.constantFrom('COUNTER', 'HISTOGRAM', 'GAUGE'),
      meterName: fc.constantFrom('meter', 'other'),
      keys: fc.record({ allow: fc.boolean(), list: fc.subarray(['a', 'b', 'c']) }),
      aggregation: fc.oneof(
        fc.constantFrom({ type: 0 }, { type: 1 }, { type: 2 }, { type: 3 }, { type: 4 }),
        fc.record({ boundaries, recordMinMax: fc.boolean() }).map((options) => ({ type: 4, options })),
        fc
          .record({ maxSize: fc.constantFrom(2, 4, 7, 20, 160), recordMinMax: fc.boolean() })
          .map((options) => ({ type: 5, options })),
      ),
    },
    { requiredKeys: ['instrumentName', 'name'] },
  ),
  { maxLength: 3 },
);

const attributes: fc.Arbitrary<Attributes | undefined> = fc.option(
  fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.oneof(
      fc.constantFrom('x', 'y', 'zoë'),
      fc.constantFrom(1, 2.5, -3),
      fc.boolean(),
      fc.constantFrom(['p', 'q'], [1]),
    ),
    { maxKeys: 3, noNullPrototype: true },
  ) as fc.Arbitrary<Attributes>,
  { nil: undefined },
);

/** Sums of these are exact, in whatever order they are added up. */
const exact = fc.oneof(
  fc.integer({ min: -100, max: 5_000 }),
  fc.integer({ min: -(2 ** 20), max: 2 ** 24 }).map((each) => each / 1_024),
);
/** Of every size; their sum depends on the order. */
const any = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e200, max: 1e200 });

function steps(values: fc.Arbitrary<number>, collects: boolean): fc.Arbitrary<Step[]> {
  const measure = fc.record({ instrument: fc.nat(4), value: values, attributes });
  return fc.array(collects ? fc.oneof({ weight: 12, arbitrary: measure }, fc.constant('collect' as const)) : measure, {
    maxLength: 60,
  });
}

/** Measurements with collections between them. */
export const collectedSteps = steps(exact, true);
/** Measurements of any size, to be collected once. */
export const wildSteps = steps(fc.oneof(exact, any), false);
/** As wild ones, most of them below zero. */
export const negativeSteps = steps(
  fc.oneof(
    { weight: 3, arbitrary: any.map((each) => -Math.abs(each)) },
    { weight: 2, arbitrary: exact.map((each) => -Math.abs(each)) },
    { weight: 1, arbitrary: fc.oneof(exact, any) },
  ),
  false,
);

/** Creates the instruments, takes the steps, and collects at the end once more. */
export async function perform(
  provider: MeterProvider,
  list: readonly Definition[],
  todo: readonly Step[],
  collect: () => Promise<void>,
): Promise<void> {
  const meter = provider.getMeter('meter', '1.0', { schemaUrl: 'https://example.org/1' });
  const instruments = list.map((each) => create(meter, each));
  for (const step of todo) {
    if (step === 'collect') await collect();
    else instruments[step.instrument % instruments.length](step.value, step.attributes);
  }
  await collect();
}

type Take = (value: number, attributes: Attributes | undefined) => void;

function create(meter: Meter, { type, name, description, unit, valueType, boundaries: bounds }: Definition): Take {
  const advice = bounds === undefined ? undefined : { explicitBucketBoundaries: bounds };
  const options = { description, unit, valueType, advice };
  switch (type) {
    case 'Counter':
    case 'UpDownCounter': {
      const counter = meter[`create${type}`](name, options);
      return (value, given) => counter.add(value, given);
    }
    case 'Gauge':
    case 'Histogram': {
      const instrument = meter[`create${type}`](name, options);
      return (value, given) => instrument.record(value, given);
    }
    default:
      return observe(meter[`create${type}`](name, options));
  }
}

/**
 * A callback that observes everything that was ever given to it, each set of attributes once, with its newest value: of sets that a view makes
 * one, the stock SDK takes the value of the one that it saw last for the first time.
 */
function observe(instrument: Observable): Take {
  const observed = new Map<string, [number, Attributes | undefined]>();
  instrument.addCallback((result: ObservableResult) => {
    for (const [value, given] of observed.values()) result.observe(value, given);
  });
  return (value, given) => observed.set(JSON.stringify(Object.entries(given ?? {}).sort()), [value, given]);
}
