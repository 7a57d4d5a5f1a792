// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import test from 'ava';
import * as fc from 'fast-check';
import { MmapMeterProvider } from '../../ts/metrics/provider';
import { metricsIn, withDirectory } from '../support/written-files';

// Apps pass what they should not, and objects that fail when they are looked at. Nothing of it throws into the app, and an innocent series
// beside it is counted all the same.

diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);

const fails = () => {
  throw new Error('hostile');
};
const traps = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).map((name) => [name, fails]),
) as ProxyHandler<object>;

const hostile: unknown[] = [
  undefined,
  null,
  0,
  -1,
  Number.NaN,
  2n ** 70n,
  '',
  'text',
  '\ud800',
  Symbol('s'),
  true,
  [],
  [null, undefined, Symbol('s'), fails],
  {},
  Object.create(null),
  { toString: fails, valueOf: fails, toJSON: fails },
  { valueType: 'x', unit: 5, description: {}, advice: 7, schemaUrl: [] },
  { advice: { explicitBucketBoundaries: [{}, Symbol('s'), '1', 2, Number.NaN] } },
  Object.defineProperty({}, 'key', { enumerable: true, get: fails }),
  { advice: Object.defineProperty({}, 'explicitBucketBoundaries', { get: fails }) },
  new Proxy({}, traps),
  new Proxy([], traps),
  new Proxy(() => {}, traps),
  { getValue: fails },
  { getValue: () => new Proxy({}, traps) },
  () => Object.fromEntries([['then', fails]]),
  fails,
  async () => fails(),
  (result: { observe(...all: unknown[]): void }) => result.observe(Symbol('s') as never, new Proxy({}, traps)),
];
/** By their places: what generates values looks at them. */
const places = fc.nat(hostile.length - 1);

type Callable = Record<string, (...all: unknown[]) => unknown>;

const KINDS = ['Counter', 'UpDownCounter', 'Gauge', 'Histogram'];
const OBSERVABLE_KINDS = ['ObservableCounter', 'ObservableUpDownCounter', 'ObservableGauge'];

/** Makes one hostile call on every part of the API. */
function callAll(provider: MmapMeterProvider, [a, b, c]: unknown[]): void {
  const loose = provider as unknown as Callable;
  loose.getMeter(a, b, c);
  const meter = provider.getMeter('m') as unknown as Callable;
  for (const kind of KINDS) {
    meter[`create${kind}`](a, b);
    const instrument = meter[`create${kind}`](`known.${kind}`) as Callable;
    const bound = instrument.bind(a) as Callable;
    for (const [each, ...before] of [[instrument, b], [bound]] as [Callable, ...unknown[]][]) {
      const take = each.add === undefined ? 'record' : 'add';
      each[take](a, ...before, c);
      each[take](1, ...before, c);
      each[take](1, ...before, a);
    }
  }
  for (const kind of OBSERVABLE_KINDS) {
    const observable = meter[`create${kind}`](a, b) as Callable;
    const known = meter[`create${kind}`](`known.${kind}`) as Callable;
    for (const each of [observable, known]) {
      each.addCallback(c);
      each.addCallback((result: Callable) => result.observe(a, b));
      meter.addBatchObservableCallback((result: Callable) => result.observe(known, a, b), [each]);
    }
    observable.removeCallback(a);
  }
  meter.addBatchObservableCallback(a, b);
  meter.removeBatchObservableCallback(b, c);
}

for (const place of ['directory', 'file'] as const) {
  test(`whatever an app passes, nothing throws, and what is beside it counts, with a ${place}`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(places, places, places), { minLength: 1, maxLength: 8 }), (calls) =>
        withDirectory(async (directory) => {
          const where = place === 'file' ? { file: join(directory, 'one.mmap') } : { directory };
          const provider = new MmapMeterProvider({ ...where, resourceDetectors: [], exportTimeoutMillis: 5 });
          const innocent = provider.getMeter('innocent').createCounter('innocent');
          for (const each of calls) {
            innocent.add(1);
            callAll(
              provider,
              each.map((place) => hostile[place]),
            );
          }
          await provider.collect();
          const found = metricsIn(directory).filter(({ name }) => name === 'innocent');
          t.deepEqual(
            found.map(({ points }) => points),
            [[{ attributes: '[]', value: { double: calls.length } }]],
          );
          await provider.shutdown();
        }),
      ),
      { numRuns: 60, includeErrorInReport: true },
    );
  });
}
