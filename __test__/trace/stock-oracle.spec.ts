// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { deepStrictEqual as deepEqual } from 'node:assert/strict';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import test from 'ava';
import * as fc from 'fast-check';
import { MmapTracerProvider } from 'otlp-mmap';
import { loadBinding } from '../../dist/native/loader';
import { type FlatSpan, flatten } from '../support/otlp-json';
import { spansIn, withDirectory } from '../support/written-files';
import { type Call, CountingIds, calls, limits, MoodySampler, perform } from './calls';

// The stock SDK is the oracle: the same calls give the same OTLP.

interface Setting {
  todo: Call[];
  spanLimits: object;
  sampler: () => Sampler;
  spansBufferSize: number;
}

const alwaysOn = () => new AlwaysOnSampler();
const parentBased = () => new ParentBasedSampler({ root: new AlwaysOnSampler() });
const moody = () => new MoodySampler();

const setting: fc.Arbitrary<Setting> = fc.record({
  todo: calls,
  spanLimits: limits,
  sampler: fc.constantFrom(alwaysOn, parentBased, moody),
  spansBufferSize: fc.constantFrom(512, 2048),
});

/** A file small enough to make one for each run, with room for all records of a run. */
const room = { spansBuffers: 512, eventsBuffers: 2, measurementsBuffers: 2 };
const resource = () => resourceFromAttributes({ 'service.name': 'oracle', 'team.size': 7 });

function viaStock({ todo, spanLimits, sampler }: Setting): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  perform(
    new BasicTracerProvider({
      resource: resource(),
      spanLimits,
      sampler: sampler(),
      idGenerator: new CountingIds(),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    }),
    todo,
  );
  return exporter.getFinishedSpans();
}

function viaOurs(
  directory: string,
  { todo, spanLimits, sampler, spansBufferSize }: Setting,
  exporter?: InMemorySpanExporter,
) {
  const provider = new MmapTracerProvider({
    directory,
    resource: resource(),
    resourceDetectors: [],
    spanLimits,
    sampler: sampler(),
    idGenerator: new CountingIds(),
    geometry: { ...room, spansBufferSize },
    spanProcessors: exporter && [new SimpleSpanProcessor(exporter)],
  });
  perform(provider, todo);
  return provider;
}

const begin = Date.now() - 60_000;

/** Times of the clock differ from one run to the other; given ones do not. */
function withoutClock(spans: FlatSpan[]): unknown {
  return JSON.parse(
    JSON.stringify(spans, (name, value) => {
      if (name === 'resource') return undefined;
      const isTime = name === 'start' || name === 'end' || name === 'time';
      return isTime && Number(value) > begin * 1e6 ? 'now' : value;
    }),
  );
}

const ofProtobuf = (spans: ReadableSpan[]) =>
  flatten([JSON.parse(loadBinding().requestToJson('traces', ProtobufTraceSerializer.serializeRequest(spans)!))]);

test('the_same_calls_give_the_same_otlp_as_through_the_stock_sdk', async (t) => {
  await fc.assert(
    fc.asyncProperty(setting, (how) =>
      withDirectory(async (directory) => {
        const provider = viaOurs(directory, how);
        deepEqual(withoutClock(spansIn(directory)), withoutClock(ofProtobuf(viaStock(how))));
        deepEqual(provider.status()?.drops ?? {}, {});
        await provider.shutdown();
      }),
    ),
    { numRuns: 400, includeErrorInReport: true },
  );
  t.pass();
});

test('span_processors_see_the_spans_that_the_stock_sdk_shows_them', async (t) => {
  await fc.assert(
    fc.asyncProperty(setting, (how) =>
      withDirectory(async (directory) => {
        const exporter = new InMemorySpanExporter();
        const provider = viaOurs(directory, how, exporter);
        const seen = ofProtobuf(exporter.getFinishedSpans());
        deepEqual(withoutClock(seen), withoutClock(ofProtobuf(viaStock(how))));
        // And the file has what they saw, to the nanosecond.
        const filed = spansIn(directory);
        deepEqual(
          filed.map((span) => ({ ...span, resource: 0 })),
          seen.map((span) => ({ ...span, resource: 0 })),
        );
        await provider.shutdown();
      }),
    ),
    { numRuns: 200, includeErrorInReport: true },
  );
  t.pass();
});

test('the_json_of_the_stock_exporter_says_the_same', (t) =>
  withDirectory(async (directory) => {
    const how: Setting = {
      todo: [
        { do: 'start', tracer: 1, parent: {}, suppressed: false, name: 'json', options: undefined },
        { do: 'setAttribute', span: 0, key: 'n', value: -7 },
        { do: 'setAttribute', span: 0, key: 'd', value: 0.25 },
        {
          do: 'addEvent',
          span: 0,
          name: 'e',
          attributes: { s: ['x', null] },
          time: undefined,
          more: [1_500_000_000, 7],
        },
        { do: 'setStatus', span: 0, status: { code: 2, message: 'no' } },
        { do: 'end', span: 0, time: undefined },
      ],
      spanLimits: {},
      sampler: alwaysOn,
      spansBufferSize: 512,
    };
    const provider = viaOurs(directory, how);
    const stock = JSON.parse(new TextDecoder().decode(JsonTraceSerializer.serializeRequest(viaStock(how))));
    t.deepEqual(withoutClock(spansIn(directory)), withoutClock(flatten([stock])));
    await provider.shutdown();
  }));
