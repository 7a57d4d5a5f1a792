// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, diag } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanLimits,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import test from 'ava';
import * as fc from 'fast-check';
import { MmapSpanExporter } from '../../ts/stock/span-exporter';
import { MmapSpanProcessor } from '../../ts/stock/span-processor';
import { type FlatSpan, flatten } from '../support/otlp-json';
import { spansIn, withDirectory } from '../support/written-files';
import { type Call, calls, limits, perform } from './calls';

const resource = resourceFromAttributes({ 'service.name': 'differential', 'team.size': 7 });
/** A file small enough to make one for each run, with room for all records of a run. */
const geometry = { spansBuffers: 512, spansBufferSize: 512, eventsBuffers: 2, measurementsBuffers: 2 };

/** Makes the calls on a provider with the stock exporter and ours; what each of them has of the spans. */
async function both(
  todo: Call[],
  spanLimits: SpanLimits,
  create: (directory: string) => SpanProcessor,
): Promise<{ stock: FlatSpan[]; ours: FlatSpan[] }> {
  return withDirectory(async (directory) => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      resource,
      spanLimits,
      spanProcessors: [new SimpleSpanProcessor(exporter), create(directory)],
    });
    perform(provider, todo);
    const request = JsonTraceSerializer.serializeRequest(exporter.getFinishedSpans());
    const stock = flatten([JSON.parse(new TextDecoder().decode(request))]);
    const ours = spansIn(directory);
    await provider.shutdown();
    return { stock, ours };
  });
}

const processor = (directory: string) => new MmapSpanProcessor({ directory, geometry });
const exporterBehindProcessor = (directory: string) =>
  new SimpleSpanProcessor(new MmapSpanExporter({ directory, geometry }));

diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);

test('spans_through_the_processor_are_the_spans_that_the_stock_exporter_sends', async (t) => {
  await fc.assert(
    fc.asyncProperty(calls, limits, async (todo, spanLimits) => {
      const { stock, ours } = await both(todo, spanLimits, processor);
      t.deepEqual(ours, stock);
    }),
    { numRuns: 150 },
  );
});

test('spans_through_the_exporter_are_the_spans_that_the_stock_exporter_sends', async (t) => {
  await fc.assert(
    fc.asyncProperty(calls, limits, async (todo, spanLimits) => {
      const { stock, ours } = await both(todo, spanLimits, exporterBehindProcessor);
      t.deepEqual(ours, stock);
    }),
    { numRuns: 50 },
  );
});
