// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { MmapTracerProvider } from 'otlp-mmap';

/** Room for what a test writes without a reader: up to three records a span. */
export const geometry = { spansBuffers: 32768, spansBufferSize: 256, eventsBuffers: 2, measurementsBuffers: 2 };

export function createProvider(directory) {
  return new MmapTracerProvider({ directory, geometry });
}

export function createTracer(directory) {
  return createProvider(directory).getTracer('process-test');
}
