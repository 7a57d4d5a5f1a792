// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The ES module front: one implementation a process, so this names what the CommonJS module has.
import otlpMmap from './dist/index.js';

export const {
  AggregationType,
  InstrumentType,
  MmapLoggerProvider,
  MmapLogRecordExporter,
  MmapLogRecordProcessor,
  MmapMeterProvider,
  MmapMetricExporter,
  MmapMetricReader,
  MmapSpanExporter,
  MmapSpanProcessor,
  MmapTracerProvider,
} = otlpMmap;
export default otlpMmap;
