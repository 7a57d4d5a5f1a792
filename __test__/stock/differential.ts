// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, diag, type TracerProvider } from '@opentelemetry/api';
import type { ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { MmapSpanExporter } from '../../ts/stock/span-exporter';
import { MmapSpanProcessor } from '../../ts/stock/span-processor';
import { flatten } from '../support/otlp-json';
import { spansIn, withDirectory } from '../support/written-files';
import { type Call, calls, limits, perform } from './calls';

type SpanLimits = typeof limits extends fc.Arbitrary<infer L> ? L : never;

/** A stock SDK with an exporter that keeps what it gets. */
export interface StockSdk {
  /** A provider with a processor that feeds the keeping exporter, and one more. */
  createProvider(spanLimits: SpanLimits, processor: unknown): TracerProvider & { shutdown(): Promise<void> };
  /** A simple processor in front of an exporter. */
  createSimpleProcessor(exporter: unknown): unknown;
  /** What the keeping exporter got since the last call, as the stock OTLP exporter sends it in JSON. */
  takeRequest(): unknown;
}

/** A file small enough to make one for each run, with room for all records of a run. */
const geometry = { spansBuffers: 1024, spansBufferSize: 256, eventsBuffers: 2, measurementsBuffers: 2 };

diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);

/** The same calls give the same OTLP through the stock exporter and through our file. */
async function compare(
  t: ExecutionContext,
  sdk: StockSdk,
  todo: Call[],
  spanLimits: SpanLimits,
  create: (directory: string) => unknown,
): Promise<void> {
  await withDirectory(async (directory) => {
    const provider = sdk.createProvider(spanLimits, create(directory));
    perform(provider, todo);
    const ours = spansIn(directory);
    await provider.shutdown();
    t.deepEqual(ours, flatten([asUtf8(sdk.takeRequest())]));
  });
}

/** A limit may cut a surrogate pair in two; in UTF-8, which OTLP is sent in, half a pair is U+FFFD. */
function asUtf8(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), (_key, value) =>
    typeof value === 'string' ? Buffer.from(value, 'utf8').toString('utf8') : value,
  );
}

export async function compareProcessor(
  t: ExecutionContext,
  sdk: StockSdk,
  numRuns: number,
  todo: fc.Arbitrary<Call[]> = calls,
): Promise<void> {
  const create = (directory: string) => new MmapSpanProcessor({ directory, geometry });
  await fc.assert(
    fc.asyncProperty(todo, limits, (some, spanLimits) => compare(t, sdk, some, spanLimits, create)),
    { numRuns },
  );
}

export async function compareExporter(
  t: ExecutionContext,
  sdk: StockSdk,
  numRuns: number,
  todo: fc.Arbitrary<Call[]> = calls,
): Promise<void> {
  const create = (directory: string) => sdk.createSimpleProcessor(new MmapSpanExporter({ directory, geometry }));
  await fc.assert(
    fc.asyncProperty(todo, limits, (some, spanLimits) => compare(t, sdk, some, spanLimits, create)),
    { numRuns },
  );
}
