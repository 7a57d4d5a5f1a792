// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The table of the README: the figures that decide, each out of a kept result.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { align, figure } from './tables.mjs';

const STOCK = 'OpenTelemetry SDK';
const OTELCOL = 'OpenTelemetry Collector';

/** What is compared: of `result`, the `metric` of an arm and of its rival. */
const ROWS = [
  {
    what: 'CPU of a span in the app',
    unit: 'µs',
    of: STOCK,
    result: 'app-cost',
    metric: 'cpuMicroseconds',
    arms: ['provider', 'stock'],
  },
  {
    what: 'the same with the stock SDK and `MmapSpanProcessor`',
    unit: 'µs',
    of: STOCK,
    result: 'app-cost',
    metric: 'cpuMicroseconds',
    arms: ['processor', 'stock'],
  },
  {
    what: 'CPU of a log record in the app',
    unit: 'µs',
    of: STOCK,
    result: 'log-cost',
    metric: 'cpuMicroseconds',
    arms: ['log-provider', 'log-stock'],
  },
  {
    what: 'CPU of `counter.add()`, three attributes, 1,000 series',
    unit: 'ns',
    of: STOCK,
    result: 'measurement',
    metric: 'counter1k',
    arms: ['provider', 'stock'],
  },
  {
    what: 'CPU of `histogram.record()`, the same',
    unit: 'ns',
    of: STOCK,
    result: 'measurement',
    metric: 'histogram1k',
    arms: ['provider', 'stock'],
  },
  {
    what: 'event loop blocked by a collection of a million series',
    unit: 'ms',
    of: STOCK,
    result: 'collection',
    metric: 'blockedMilliseconds',
    arms: ['provider', 'stock'],
  },
  {
    what: 'spans a second per core through the collector, OTLP/HTTP',
    unit: '',
    of: OTELCOL,
    result: 'exporters',
    metric: 'spansPerCoreSecond',
    arms: ['http', 'otelcol-http'],
  },
  {
    what: 'the same with gzip',
    unit: '',
    of: OTELCOL,
    result: 'exporters',
    metric: 'spansPerCoreSecond',
    arms: ['gzip', 'otelcol-gzip'],
  },
];

/** Lines of a markdown table, of the results in a folder. */
export function headline(folder) {
  const rows = ROWS.flatMap(({ what, unit, of, result, metric, arms }) => {
    const path = join(folder, `${result}.json`);
    const measured = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).arms : {};
    const [ours, rival] = arms.map((arm) => measured[arm]?.metrics[metric]?.median);
    if (ours === undefined || rival === undefined) return [];
    const withUnit = (value) => (unit ? `${figure(value)} ${unit}` : figure(value));
    return [[what, withUnit(ours), `${withUnit(rival)} (${of})`]];
  });
  return align([['', 'otlp-mmap', 'its rival'], ...rows]);
}
