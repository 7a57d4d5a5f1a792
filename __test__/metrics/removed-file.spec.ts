// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { rmSync, truncateSync } from 'node:fs';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import test from 'ava';
import { MmapMetricReader } from '../../ts/stock/metric-reader';
import { metering } from '../support/metering';
import { filesIn, metricsIn, withDirectory } from '../support/written-files';

const warnings: string[] = [];
const ignore = () => {};
const warn = (line: string) => void warnings.push(line);
diag.setLogger({ error: ignore, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);

const ways = {
  removed: (file: string) => rmSync(file),
  truncated: (file: string) => truncateSync(file, 4_096),
};

for (const [way, does] of Object.entries(ways)) {
  test(`an app whose file is ${way} counts on in another within seconds, in all its series`, (t) =>
    metering({}, async ({ directory, provider, values }) => {
      const meter = provider.getMeter('m');
      const counter = meter.createCounter('counter');
      const bound = counter.bind({ is: 'bound' });
      const histogram = meter.createHistogram('histogram', { advice: { explicitBucketBoundaries: [1] } });
      meter.createObservableGauge('gauge').addCallback((result) => result.observe(7));
      const measure = async () => {
        counter.add(1, { is: 'looked up' });
        bound.add(1);
        histogram.record(0.5);
        await provider.collect();
      };
      await measure();
      const [lost] = filesIn(directory);
      does(lost);
      const others = () => filesIn(directory).filter((file) => file !== lost);
      let made = 0;
      // What is measured before somebody looks is lost.
      while (others().length === 0) {
        await measure();
        made++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      for (let i = 0; i < 10; i++) await measure();
      if (way === 'truncated') rmSync(lost);
      const sums = Object.entries(values('counter') as Record<string, { double: number }>);
      t.deepEqual(
        sums.map(([attributes]) => attributes).sort(),
        ['bound', 'looked up'].map((is) => `[["is",{"string":"${is}"}]]`),
      );
      for (const [attributes, { double }] of sums)
        t.true(double >= 10 && double <= 11, `${attributes}: ${double} of ${made}`);
      t.true((values('histogram')['[]'] as { count: number }).count >= 10);
      t.deepEqual(values('gauge'), { '[]': { double: 7 } });
      const told = warnings.filter((line) => line.includes(directory));
      if (way === 'removed') t.regex(told.join(), /removed while it was in use/);
    }));
}

test('what the stock SDK collects after its file was removed is whole in another', (t) =>
  withDirectory(async (directory) => {
    const reader = new MmapMetricReader({ directory, flushTimeoutMillis: 0 });
    const provider = new MeterProvider({ readers: [reader] });
    const counter = provider.getMeter('m').createCounter('counter');
    const histogram = provider.getMeter('m').createHistogram('histogram');
    let made = 0;
    const store = async () => {
      for (const k of ['a', 'b']) {
        counter.add(1, { k });
        histogram.record(1, { k });
      }
      made++;
      // Nobody reads, so that the flush fails; it has stored before.
      await reader.forceFlush().catch(() => {});
    };
    await store();
    const [lost] = filesIn(directory);
    rmSync(lost);
    while (filesIn(directory).length === 0) {
      await store();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await store();
    const values = metricsIn(directory).flatMap(({ points }) => points.map(({ value }) => value));
    t.deepEqual(
      values.map(
        (value) => (value as { double?: number; count?: number }).double ?? (value as { count: number }).count,
      ),
      [made, made, made, made],
    );
    await provider.shutdown().catch(() => {});
  }));
