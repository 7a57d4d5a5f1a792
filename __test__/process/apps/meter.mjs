// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { MmapMeterProvider } from 'otlp-mmap';

export function createMeter(directory) {
  return new MmapMeterProvider({ directory }).getMeter('process-test');
}
