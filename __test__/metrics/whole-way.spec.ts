// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, diag } from '@opentelemetry/api';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { AggregationTemporality, InstrumentType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import test, { type ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { MmapMeterProvider } from '../../ts/metrics/provider';
import type { ReceiverEvent } from '../../ts/native/binding';
import { loadBinding } from '../../ts/native/loader';
import { type FlatMetric, flattenMetrics } from '../support/metric-json';
import { withDirectory } from '../support/written-files';
import { collectedSteps, type Definition, definitions, perform, type Step, viewOptions } from './calls';
import { distinct, isComparable, ourView, stockView, type View } from './views';

diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);

/** Each collection of a reader, in its order. */
type Collections = FlatMetric[][];

/** Instruments that stay cumulative with a temporality preference, as the stock exporter has it. */
const CUMULATIVE: Record<Preference, string[]> = {
  delta: [InstrumentType.UP_DOWN_COUNTER, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER],
  lowmemory: [
    InstrumentType.UP_DOWN_COUNTER,
    InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
    InstrumentType.OBSERVABLE_COUNTER,
  ],
};
const PREFERENCES = ['delta', 'lowmemory'] as const;
type Preference = (typeof PREFERENCES)[number];

/** As behind the stock exporter with a temporality preference. */
class PreferringReader extends MetricReader {
  constructor(preference: Preference) {
    super({
      aggregationTemporalitySelector: (type) =>
        CUMULATIVE[preference].includes(type) ? AggregationTemporality.CUMULATIVE : AggregationTemporality.DELTA,
    });
  }
  async onForceFlush() {}
  async onShutdown() {}
}

function toJson(request: Uint8Array): unknown {
  return JSON.parse(loadBinding().requestToJson('metrics', request));
}

async function stockCollections(
  preference: Preference,
  list: Definition[],
  views: View[],
  steps: Step[],
): Promise<Collections> {
  const reader = new PreferringReader(preference);
  const collections: Collections = [];
  await perform(new MeterProvider({ readers: [reader], views: views.map(stockView) }), list, steps, async () => {
    const { resourceMetrics } = await reader.collect();
    collections.push(flattenMetrics([toJson(ProtobufMetricsSerializer.serializeRequest(resourceMetrics)!)]));
  });
  return collections;
}

/** What a collector of several destinations gets: each has a preference of its own. */
function ourCollections(list: Definition[], views: View[], steps: Step[]): Promise<Record<string, Collections>> {
  return withDirectory(async (directory) => {
    const binding = loadBinding();
    let pieces: Record<string, unknown[]> = {};
    let onStopped = () => {};
    const stopped = new Promise<void>((resolve) => {
      onStopped = resolve;
    });
    const receiver = binding.createReceiver(
      {
        directories: [directory],
        files: [],
        metricInterval: 1e9,
        metricStreams: (['cumulative', ...PREFERENCES] as const).map((temporality) => ({
          name: temporality,
          temporality,
        })),
      },
      (event: ReceiverEvent) => {
        if (event.type === 'piece') {
          const stream = event.piece.stream ?? '';
          pieces[stream] = [...(pieces[stream] ?? []), toJson(event.piece.body)];
          receiver.acknowledge(event.piece.sequence);
        } else if (event.type === 'stopped') {
          onStopped();
        }
      },
    );
    const provider = new MmapMeterProvider({ directory, resourceDetectors: [], views: views.map(ourView) });
    const collections: Record<string, Collections> = { cumulative: [], delta: [], lowmemory: [] };
    await perform(provider, list, steps, async () => {
      await provider.forceFlush();
      for (const [name, list] of Object.entries(collections)) list.push(flattenMetrics(pieces[name] ?? []));
      pieces = {};
    });
    await provider.shutdown();
    receiver.stop();
    await stopped;
    return collections;
  });
}

/**
 * What both can tell: least and greatest value of an interval cannot be had from running totals, and what did not change need not
 * be told. Gauges are told again by readers of cells.
 */
function comparable(collection: FlatMetric[]): unknown {
  return collection
    .filter(({ kind }) => kind !== 'gauge')
    .map((metric) => ({ ...metric, points: metric.points.map(withoutExtremes).filter(hasChanged) }))
    .filter(({ points }) => points.length > 0);
}

interface Point {
  attributes: string;
  value: Record<string, unknown>;
}

function withoutExtremes({ attributes, value }: { attributes: string; value: unknown }): Point {
  return { attributes, value: { ...(value as object), min: undefined, max: undefined } };
}

function hasChanged({ value }: Point): boolean {
  return (value.int ?? value.double ?? value.count) !== 0;
}

/** The stock SDK goes by what an instrument is, readers of cells by what a view makes of it: a sum that may fall, or a histogram. */
function keepsTemporality(list: Definition[], views: View[]): boolean {
  const isSumOrHistogram = views.some(({ aggregation }) => aggregation?.type === 3 || aggregation?.type === 4);
  return !isSumOrHistogram || !list.some(({ type }) => /Gauge|UpDown/.test(type));
}

/** Compares, and returns the number of metrics that were. */
async function compare(t: ExecutionContext, list: Definition[], views: View[], steps: Step[]): Promise<number> {
  const ours = await ourCollections(list, views, steps);
  for (const preference of PREFERENCES) {
    const stock = await stockCollections(preference, list, views, steps);
    t.deepEqual(ours[preference].map(comparable), stock.map(comparable), preference);
  }
  return ours.delta.flat().length;
}

test('with_either_preference_each_collection_is_that_of_the_stock_sdk', async (t) => {
  const few = collectedSteps.filter((steps) => steps.filter((step) => step === 'collect').length <= 5);
  // differences of an exponential histogram keep the scale of its total, and the stock SDK finds one for each interval
  const withoutScale = viewOptions.filter((views) => views.every(({ aggregation }) => aggregation?.type !== 5));
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(definitions, withoutScale, few, async (list, views, steps) => {
      const chosen = distinct(views);
      fc.pre(isComparable(list, chosen) && keepsTemporality(list, chosen));
      compared += await compare(t, list, chosen, steps);
    }),
    { numRuns: 25 },
  );
  t.true(compared > 25);
});
