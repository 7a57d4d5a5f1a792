// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What is compared. `exports`: its spans reach the sink. `collector`: by way of our collector. The module of an arm is
 * loaded in the process that it is measured in, and nowhere else.
 */
export const ARMS = {
  none: { title: 'API without an SDK', exports: false, collector: false },
  stock: { title: 'stock SDK, BatchSpanProcessor, OTLP/protobuf', exports: true, collector: false },
  provider: { title: 'MmapTracerProvider', exports: true, collector: true },
  processor: { title: 'stock SDK, MmapSpanProcessor', exports: true, collector: true },
};

/** Below every processor of the stock SDK: its spans, made and given to nobody. */
export const SPAN_ARMS = { span: { title: 'stock SDK, its spans alone', exports: false, collector: false } };

/** The same for log records. */
export const LOG_ARMS = {
  'log-none': { title: 'API without an SDK', exports: false, collector: false },
  'log-stock': { title: 'stock SDK, BatchLogRecordProcessor, OTLP/protobuf', exports: true, collector: false },
  'log-provider': { title: 'MmapLoggerProvider', exports: true, collector: true },
  'log-processor': { title: 'stock SDK, MmapLogRecordProcessor', exports: true, collector: true },
};

/** Below every processor of the stock SDK: its log records, made and given to nobody. */
export const LOG_RECORD_ARMS = {
  'log-record': { title: 'stock SDK, its log records alone', exports: false, collector: false },
};

/** Below all of them: a process with the same bursts and pauses that makes nothing. Its CPU is nobody's cost of a span. */
export const IDLE_ARMS = { idle: { title: 'the pauses alone, nothing made', exports: false, collector: false } };

export const IDLE = 'idle';
export const BARE_LOGS = 'log-none';
export const LOG_RIVAL = 'log-stock';
export const BARE = 'none';
export const RIVAL = 'stock';

/** Loads and starts an arm in this process: { tracerProvider or loggerProvider, flush, shutdown }. */
export async function startArm(name, settings) {
  const { start } = await import(`./arms/${name}.mjs`);
  return start(settings);
}
