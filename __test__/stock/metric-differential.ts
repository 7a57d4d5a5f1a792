// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, diag, type MeterProvider } from '@opentelemetry/api';
import type { ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { MmapMetricExporter } from '../../ts/stock/metric-exporter';
import { MmapMetricReader } from '../../ts/stock/metric-reader';
import { collectedSteps, type Definition, definitions, perform, type Step, viewOptions } from '../metrics/calls';
import { type FlatMetric, flattenMetrics } from '../support/metric-json';
import { metricsIn, withDirectory } from '../support/written-files';

export type View = typeof viewOptions extends fc.Arbitrary<(infer V)[]> ? V : never;

/** A stock SDK. */
export interface StockMetricSdk {
  createProvider(views: View[], reader: unknown): MeterProvider & { shutdown(): Promise<void> };
  /** A reader that collects when it is told to. */
  createManualReader(): unknown;
  /** A periodic reader in front of an exporter, which exports when it is flushed. */
  createPeriodicReader(exporter: unknown): unknown;
  /** What such a reader collects, as the stock OTLP exporter sends it in JSON. */
  collect(manualReader: unknown): Promise<unknown>;
}

diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);

/** A way into the file: a reader, and how it is told to store what there is. */
interface Way {
  reader: unknown;
  store(): Promise<void>;
}

async function compare(
  t: ExecutionContext,
  sdk: StockMetricSdk,
  [list, views, steps]: [Definition[], View[], Step[]],
  create: (directory: string) => Way,
): Promise<void> {
  const chosen = views.filter((view, at) => views.findIndex((other) => other.name === view.name) === at);
  await withDirectory(async (directory) => {
    // A provider each: of two readers of one provider the stock SDK loses resets of observed sums.
    const manual = sdk.createManualReader();
    let expected: unknown;
    await perform(sdk.createProvider(chosen, manual), list, steps, async () => {
      expected = await sdk.collect(manual);
    });
    const way = create(directory);
    const provider = sdk.createProvider(chosen, way.reader);
    await perform(provider, list, steps, way.store);
    t.deepEqual(metricsIn(directory), counted(flattenMetrics([expected])));
    // Nobody reads, which a periodic reader tells at its end as well.
    await provider.shutdown().catch(() => {});
  });
}

/**
 * A view may make an exponential histogram of an observed value. When the stock SDK adds collections of one up, a bucket gains what the
 * count does not. Files hold buckets, and no count beside them.
 */
function counted(metrics: FlatMetric[]): FlatMetric[] {
  for (const { value } of metrics
    .filter(({ kind }) => kind === 'exponentialHistogram')
    .flatMap(({ points }) => points)) {
    const point = value as Record<'positive' | 'negative', { counts: number[] }> & { zeroCount: number; count: number };
    const buckets = [...point.positive.counts, ...point.negative.counts];
    point.count = buckets.reduce((sum, count) => sum + count, point.zeroCount);
  }
  return metrics;
}

const runs = fc.tuple(definitions, viewOptions, collectedSteps);

export async function compareMetricReader(t: ExecutionContext, sdk: StockMetricSdk, numRuns: number): Promise<void> {
  const create = (directory: string) => {
    const reader = new MmapMetricReader({ directory, flushTimeoutMillis: 0 });
    // Nobody reads, so that the flush fails; it has stored before.
    return { reader, store: () => reader.forceFlush().catch(() => {}) };
  };
  await fc.assert(
    fc.asyncProperty(runs, (run) => compare(t, sdk, run, create)),
    { numRuns },
  );
}

export async function compareMetricExporter(t: ExecutionContext, sdk: StockMetricSdk, numRuns: number): Promise<void> {
  const create = (directory: string) => {
    const exporter = new MmapMetricExporter({ directory, flushTimeoutMillis: 0 });
    const reader = sdk.createPeriodicReader(exporter) as { forceFlush(): Promise<void> };
    return { reader, store: () => reader.forceFlush().catch(() => {}) };
  };
  await fc.assert(
    fc.asyncProperty(runs, (run) => compare(t, sdk, run, create)),
    { numRuns },
  );
}
