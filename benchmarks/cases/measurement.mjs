// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { runScript, withDirectory } from '../processes.mjs';

const SERIES = { 1: '1', '1k': '1,000', '100k': '100,000', '1M': '1,000,000' };
const COUNTS = { 1: 1, '1k': 1_000, '100k': 100_000, '1M': 1_000_000 };
const INSTRUMENTS = ['counter', 'histogram'];

/** Who binds, binds few: a million bound instruments would be a million objects. */
const SIZES = { stock: Object.keys(COUNTS), provider: Object.keys(COUNTS), bound: ['1', '1k'] };

export default {
  title: 'What a measurement costs the app',
  description: `\`counter.add(1, { … })\` and \`histogram.record(n, { … })\` with three attributes in an object that is made anew for each call, as apps
make them, over series in random order; and the same of bound instruments. CPU is that of the whole process (all threads, garbage collection included) for one
call, the making of the object with it, the best of three runs after warm-up. A context manager is active, and both sides look for a span.
The stock SDK has no exporter at work meanwhile and no limit of series.`,
  arms: {
    stock: { title: 'stock SDK' },
    provider: { title: 'MmapMeterProvider' },
    bound: { title: 'MmapMeterProvider, bound' },
  },
  rival: 'stock',
  metrics: INSTRUMENTS.flatMap((instrument) =>
    Object.entries(SERIES).map(([size, title]) => ({
      key: `${instrument}${size}`,
      title: `${instrument}, ${title} series`,
      unit: 'ns',
      ratio: 'less',
    })),
  ),
  expected: [
    ...INSTRUMENTS.flatMap((instrument) => [
      { arm: 'provider', metric: `${instrument}1`, of: 'ratios', atLeast: 10 },
      { arm: 'provider', metric: `${instrument}1k`, of: 'ratios', atLeast: 10 },
      { arm: 'provider', metric: `${instrument}100k`, of: 'ratios', atLeast: 4 },
      { arm: 'provider', metric: `${instrument}1M`, of: 'ratios', atLeast: 4 },
    ]),
    { arm: 'bound', metric: 'counter1', of: 'ratios', atLeast: 50 },
    { arm: 'bound', metric: 'histogram1', of: 'ratios', atLeast: 25 },
  ],
  settings: { rounds: 2, measurements: 1 << 19, runs: 3 },
  smoke: { rounds: 1, measurements: 1 << 12, runs: 1 },

  async measure(arm, settings) {
    const measured = {};
    for (const instrument of INSTRUMENTS) {
      for (const size of SIZES[arm]) {
        const { nanoseconds } = await measureOne({ ...settings, arm, instrument, series: COUNTS[size] });
        measured[`${instrument}${size}`] = nanoseconds;
      }
    }
    return measured;
  },
};

function measureOne(settings) {
  return withDirectory((directory) => runScript('measurements.mjs', { ...settings, directory }));
}
