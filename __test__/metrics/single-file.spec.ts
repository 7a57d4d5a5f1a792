// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Attributes, ROOT_CONTEXT, TraceFlags, trace, ValueType } from '@opentelemetry/api';
import test from 'ava';
import { MmapMeterProvider } from '../../ts/metrics/provider';
import { decodeFile, type V1File } from '../support/v1-decoder';
import { metricsIn, withDirectory } from '../support/written-files';

const GAUGE = 5;
const SUM = 6;
const HISTOGRAM = 7;
const EXPONENTIAL = 8;
const CUMULATIVE = '2';

/** With big integers as text, which the test runner can show. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? String(each) : each)));
}

function measurementsOf({ measurements }: V1File, name: string): V1File['measurements'] {
  return measurements.filter(({ metric }) => metric.name === name);
}

test('every_measurement_is_one_to_readers_of_version_1_and_counted_once_by_ours', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'one.mmap');
    const provider = new MmapMeterProvider({
      file,
      resourceDetectors: [],
      views: [
        { instrumentName: 'exponential', aggregation: { type: 5, options: { maxSize: 20 } } },
        { instrumentName: 'c', deniedAttributes: ['gone'] },
      ],
    });
    const meter = provider.getMeter('meter', '1');
    const counter = meter.createCounter('c', { valueType: ValueType.INT, description: 'd', unit: 'u' });
    const span = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: TraceFlags.SAMPLED,
    };
    counter.add(3, { k: 'v', gone: 1 }, trace.setSpanContext(ROOT_CONTEXT, span));
    counter.bind({ k: 'w' }).add(4);
    meter.createUpDownCounter('u').add(-1.5);
    meter.createGauge('g').record(7.5);
    meter.createHistogram('h', { advice: { explicitBucketBoundaries: [1, 2] } }).record(1.25);
    meter.createHistogram('exponential').record(8);
    let observed = 10;
    meter.createObservableCounter('o').addCallback((result) => result.observe(observed, { k: 1 }));
    await provider.collect();
    observed = 25;
    await provider.collect();

    const decoded = decodeFile(file);
    const [first, second] = measurementsOf(decoded, 'c');
    t.like(first.metric, { description: 'd', unit: 'u', scope: 'meter', kind: SUM });
    t.deepEqual(plain(first.metric.data), { 2: [CUMULATIVE], 3: ['1'] });
    t.deepEqual(plain(first.value), { long: '3' });
    t.deepEqual(first.attributes, [['k', { string: 'v' }]] as never);
    t.deepEqual(first.context, { traceId: span.traceId, spanId: span.spanId, flags: 1 });
    t.true(first.time > 0n);
    t.deepEqual(plain(second.value), { long: '4' });
    t.is(second.context, undefined);
    t.deepEqual(plain(measurementsOf(decoded, 'u')[0].metric.data), { 2: [CUMULATIVE], 3: ['0'] });
    t.deepEqual(measurementsOf(decoded, 'u')[0].value, { double: -1.5 });
    t.is(measurementsOf(decoded, 'g')[0].metric.kind, GAUGE);
    t.is(measurementsOf(decoded, 'h')[0].metric.kind, HISTOGRAM);
    const bounds = measurementsOf(decoded, 'h')[0].metric.data[2][0] as Uint8Array;
    t.deepEqual([...new Float64Array(Uint8Array.from(bounds).buffer)], [1, 2]);
    t.is(measurementsOf(decoded, 'exponential')[0].metric.kind, EXPONENTIAL);
    t.deepEqual(plain(measurementsOf(decoded, 'exponential')[0].metric.data), {
      1: [CUMULATIVE],
      2: ['20'],
      3: ['20'],
    });
    // A reader of version 1 adds measurements up: the sum that was observed is told by its changes.
    t.deepEqual(
      measurementsOf(decoded, 'o').map(({ value }) => value),
      [{ double: 10 }, { double: 15 }],
    );
    t.true(decoded.measurements.every(({ unknown }) => Object.keys(unknown).length === 0));

    const ours = metricsIn(directory);
    t.deepEqual(
      ours.filter(({ name }) => name === 'c').flatMap(({ points }) => points.map(({ value }) => value)),
      [{ int: 3 }, { int: 4 }],
    );
    t.deepEqual(
      ours.filter(({ name }) => name === 'o').flatMap(({ points }) => points.map(({ value }) => value)),
      [{ double: 25 }],
    );
    await provider.shutdown();
  }));

test('what_an_attributes_object_inherits_is_no_attribute_to_readers_of_version_1_either', (t) =>
  withDirectory((directory) => {
    const file = join(directory, 'one.mmap');
    const provider = new MmapMeterProvider({ file, resourceDetectors: [] });
    const attributes: Attributes = Object.assign(Object.create({ inherited: 1 }), { own: 2 });
    provider.getMeter('m').createCounter('c').add(1, attributes);
    const [measurement] = measurementsOf(decodeFile(file), 'c');
    t.deepEqual(
      measurement.attributes.map(([key]) => key),
      ['own'],
    );
  }));

test('attributes_too_long_for_a_slot_are_cut_in_the_ring_and_whole_in_the_cells', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'one.mmap');
    const provider = new MmapMeterProvider({ file, resourceDetectors: [] });
    const long = 'x'.repeat(5_000);
    provider.getMeter('m').createCounter('c').add(1, { long, k: 'v' });
    const [measurement] = decodeFile(file).measurements;
    t.deepEqual(measurement.value, { double: 1 });
    t.true(metricsIn(directory)[0].points[0].attributes.includes(long));
    t.deepEqual(provider.status()?.drops, { measurements: { truncated: 1 } });
    await provider.shutdown();
  }));

test('in_a_file_that_replaces_a_removed_one_observed_sums_are_told_from_their_beginning', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'one.mmap');
    const provider = new MmapMeterProvider({ file, resourceDetectors: [] });
    const counter = provider.getMeter('m').createObservableCounter('o');
    let observed = 10;
    counter.addCallback((result) => {
      for (const k of [1, 2]) result.observe(k * observed, { k });
    });
    await provider.collect();
    rmSync(file);
    observed = 25;
    while (!existsSync(file) || metricsIn(directory).length === 0) {
      await provider.collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await provider.collect();
    const sums = new Map<string, number>();
    for (const { attributes, value } of decodeFile(file).measurements) {
      const key = JSON.stringify(plain(attributes));
      sums.set(key, (sums.get(key) ?? 0) + (value as { double: number }).double);
    }
    t.deepEqual(
      [...sums.values()].sort((a, b) => a - b),
      [25, 50],
    );
    await provider.shutdown();
  }));
