// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, diag, ValueType } from '@opentelemetry/api';
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import test, { type ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { MmapMeterProvider } from '../../ts/metrics/provider';
import { type FlatMetric, flattenMetrics } from '../support/metric-json';
import { metricsIn, withDirectory } from '../support/written-files';
import {
  collectedSteps,
  type Definition,
  definitions,
  negativeSteps,
  perform,
  type Step,
  viewOptions,
  wildSteps,
} from './calls';
import { ManualReader } from './stock-result';
import { distinct, isComparable, ourView, stockView, type View } from './views';

diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);

/** What the stock SDK has at the end, as its OTLP exporter sends it. */
async function stockResult(list: Definition[], views: View[], steps: Step[]): Promise<FlatMetric[]> {
  const reader = new ManualReader();
  const provider = new MeterProvider({ readers: [reader], views: views.map(stockView) });
  let last: Uint8Array | undefined;
  await perform(provider, list, steps, async () => {
    last = JsonMetricsSerializer.serializeRequest((await reader.collect()).resourceMetrics);
  });
  await provider.shutdown();
  return flattenMetrics([JSON.parse(Buffer.from(last!).toString('utf8'))]);
}

function ourResult(list: Definition[], views: View[], steps: Step[]): Promise<FlatMetric[]> {
  return withDirectory(async (directory) => {
    const provider = new MmapMeterProvider({ directory, resourceDetectors: [], views: views.map(ourView) });
    await perform(provider, list, steps, () => provider.collect());
    const result = metricsIn(directory);
    await provider.shutdown();
    return result;
  });
}

async function compare(t: ExecutionContext, list: Definition[], views: View[], steps: Step[]): Promise<void> {
  const chosen = distinct(views);
  fc.pre(isComparable(list, chosen));
  t.deepEqual(await ourResult(list, chosen, steps), await stockResult(list, chosen, steps));
}

/**
 * Collected again, an exponential histogram of the stock SDK that has no value of one sign, where it had or gets one, falls in scale as if it
 * had one near 1.
 */
function ofOneSign(views: View[], steps: Step[]): Step[] {
  if (!views.some((view) => view.aggregation?.type === 5)) return steps;
  return steps.map((step) => (step === 'collect' ? step : { ...step, value: Math.abs(step.value) || 1 }));
}

test('collected_again_and_again_all_numbers_are_those_of_the_stock_sdk', async (t) => {
  await fc.assert(
    fc.asyncProperty(definitions, viewOptions, collectedSteps, (list, views, steps) =>
      compare(t, list, views, ofOneSign(views, steps)),
    ),
    { numRuns: 150 },
  );
});

/** Beyond 64 bits, integers have no form in OTLP. */
function asDoubles(list: Definition[]): Definition[] {
  return list.map((each) => ({ ...each, valueType: ValueType.DOUBLE }));
}

test('values_of_any_size_give_the_numbers_of_the_stock_sdk', async (t) => {
  await fc.assert(
    fc.asyncProperty(definitions, viewOptions, wildSteps, (list, views, steps) =>
      compare(t, asDoubles(list), views, steps),
    ),
    { numRuns: 150 },
  );
});

/** Exponential histograms of instruments that take negative values. */
const exponentialViews = fc.constantFrom(2, 4, 20, 160).map((maxSize): View[] => [
  {
    instrumentName: 'instrument.0',
    name: 'view.a',
    aggregation: { type: 5, options: { maxSize, recordMinMax: true } },
  },
]);

test('exponential_histograms_of_values_below_zero_are_those_of_the_stock_sdk', async (t) => {
  const types = fc.constantFrom<Definition['type'][]>('UpDownCounter', 'Gauge');
  const lists = fc.tuple(definitions, types).map(([list, type]) => [{ ...list[0], type }]);
  await fc.assert(
    fc.asyncProperty(lists, exponentialViews, negativeSteps, (list, views, steps) =>
      compare(t, asDoubles(list), views, steps),
    ),
    { numRuns: 150 },
  );
});
