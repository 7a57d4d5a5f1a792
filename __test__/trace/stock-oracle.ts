// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { deepStrictEqual as deepEqual } from 'node:assert/strict';
import type { TracerProvider } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { MmapTracerProvider } from 'otlp-mmap';
import { loadBinding } from '../../ts/native/loader';
import { type FlatSpan, flatten } from '../support/otlp-json';
import { spansIn, withDirectory } from '../support/written-files';
import { type Call, CountingIds, limits, MoodySampler, perform } from './calls';

// The stock SDK is the oracle: the same calls give the same OTLP.

/** Where finished spans gather, and how the stock exporter sends them. */
export interface Gathered {
  processor: SpanProcessor;
  request(): Uint8Array;
}

/** A stock SDK: 2.x or 3.x. */
export interface StockTracing {
  alwaysOn(): Sampler;
  parentBased(): Sampler;
  gather(): Gathered;
  /** A provider with these ids, limits, sampler and processor. */
  createProvider(options: object): TracerProvider;
}

export interface Setting {
  todo: Call[];
  spanLimits: object;
  sampler: (sdk: StockTracing) => Sampler;
  spansBufferSize: number;
}

const settingOf = (calls: fc.Arbitrary<Call[]>): fc.Arbitrary<Setting> =>
  fc.record({
    todo: calls,
    spanLimits: limits,
    sampler: fc.constantFrom(
      (sdk: StockTracing) => sdk.alwaysOn(),
      (sdk: StockTracing) => sdk.parentBased(),
      () => new MoodySampler(),
    ),
    spansBufferSize: fc.constantFrom(256, 2048),
  });

/** A file small enough to make one for each run, with room for all records of a run. */
const room = { spansBuffers: 1024, eventsBuffers: 2, measurementsBuffers: 2 };

/** What the stock SDK makes of the calls: a request of its exporter. */
export function viaStock(sdk: StockTracing, { todo, spanLimits, sampler }: Setting): Uint8Array {
  const { processor, request } = sdk.gather();
  const options = { spanLimits, sampler: sampler(sdk), idGenerator: new CountingIds(), spanProcessors: [processor] };
  perform(sdk.createProvider(options), todo);
  return request();
}

export function viaOurs(
  sdk: StockTracing,
  directory: string,
  { todo, spanLimits, sampler, spansBufferSize }: Setting,
  processor?: SpanProcessor,
): MmapTracerProvider {
  const provider = new MmapTracerProvider({
    directory,
    resource: resourceFromAttributes({ 'service.name': 'oracle', 'team.size': 7 }),
    resourceDetectors: [],
    spanLimits,
    sampler: sampler(sdk),
    idGenerator: new CountingIds(),
    geometry: { ...room, spansBufferSize },
    spanProcessors: processor && [processor],
  });
  perform(provider, todo);
  return provider;
}

const begin = Date.now() - 60_000;

/** Times of the clock differ from one run to the other; given ones do not. */
export function withoutClock(spans: FlatSpan[]): unknown {
  return JSON.parse(
    JSON.stringify(spans, (name, value) => {
      if (name === 'resource') return undefined;
      const isTime = name === 'start' || name === 'end' || name === 'time';
      return isTime && Number(value) > begin * 1e6 ? 'now' : value;
    }),
  );
}

const spansOf = (request: Uint8Array) => flatten([JSON.parse(loadBinding().requestToJson('traces', request))]);

/** The same calls on our provider and on the stock one: the file has what the stock exporter sends. */
export async function compareFile(
  t: ExecutionContext,
  sdk: StockTracing,
  calls: fc.Arbitrary<Call[]>,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(settingOf(calls), (how) =>
      withDirectory(async (directory) => {
        const provider = viaOurs(sdk, directory, how);
        deepEqual(withoutClock(spansIn(directory)), withoutClock(spansOf(viaStock(sdk, how))));
        deepEqual(provider.status()?.drops ?? {}, {});
        await provider.shutdown();
      }),
    ),
    { numRuns, includeErrorInReport: true },
  );
  t.pass();
}

/** A span processor sees the same spans in both; and the file has what it saw, to the nanosecond. */
export async function compareProcessors(
  t: ExecutionContext,
  sdk: StockTracing,
  calls: fc.Arbitrary<Call[]>,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(settingOf(calls), (how) =>
      withDirectory(async (directory) => {
        const { processor, request } = sdk.gather();
        const provider = viaOurs(sdk, directory, how, processor);
        const seen = spansOf(request());
        deepEqual(withoutClock(seen), withoutClock(spansOf(viaStock(sdk, how))));
        deepEqual(
          spansIn(directory).map((span) => ({ ...span, resource: 0 })),
          seen.map((span) => ({ ...span, resource: 0 })),
        );
        await provider.shutdown();
      }),
    ),
    { numRuns, includeErrorInReport: true },
  );
  t.pass();
}
