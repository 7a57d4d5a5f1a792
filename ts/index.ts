// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

export type { Redact } from './attributes/redaction.js';
export type { LogRecordLimits } from './config/log-limits.js';
export type { ExemplarFilter, HistogramAggregation, TemporalityPreference } from './config/metrics.js';
export type { SpanLimits } from './config/span-limits.js';
export type { LogRecordProcessor } from './logs/log-processors.js';
export type { MmapLoggerProviderOptions } from './logs/options.js';
export { MmapLoggerProvider } from './logs/provider.js';
export { type AggregationOption, AggregationType } from './metrics/aggregation.js';
export type { BoundInstrument } from './metrics/bound.js';
export { InstrumentType } from './metrics/descriptor.js';
export type { MmapCounter, MmapGauge, MmapHistogram, MmapUpDownCounter } from './metrics/instruments.js';
export type { MmapMeter } from './metrics/meter.js';
export type { MmapMeterProviderOptions } from './metrics/options.js';
export { MmapMeterProvider } from './metrics/provider.js';
export type { AttributesProcessor, ViewOptions } from './metrics/view.js';
export type { Geometry, WriterStatus } from './native/binding/writer.js';
export type { PlaceOptions, ProducerOptions } from './producer/options.js';
export { MmapLogRecordExporter } from './stock/log-record-exporter.js';
export { MmapLogRecordProcessor } from './stock/log-record-processor.js';
export { MmapMetricExporter } from './stock/metric-exporter.js';
export { MmapMetricReader, type MmapMetricReaderOptions } from './stock/metric-reader.js';
export type { StockProcessorOptions } from './stock/processor.js';
export { MmapSpanExporter } from './stock/span-exporter.js';
export { MmapSpanProcessor } from './stock/span-processor.js';
export type { MmapTracerProviderOptions, RegistrationOptions } from './trace/options.js';
export { MmapTracerProvider } from './trace/provider.js';
