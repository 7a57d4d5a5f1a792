// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { MmapMeterProvider } from 'otlp-mmap';

/** So few buckets that values which differ have an exponential histogram fall in scale again and again. */
const views = [
  { instrumentName: 'exponential', aggregation: { type: 5, options: { maxSize: 8, recordMinMax: true } } },
];

export function createMeter(directory) {
  return new MmapMeterProvider({ directory, views }).getMeter('process-test');
}
