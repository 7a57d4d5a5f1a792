// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// What a preloaded set-up of the stock SDK does: a provider of its own.
const { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { trace } = require('@opentelemetry/api');

trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] }),
);
