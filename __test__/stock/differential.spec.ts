// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import test from 'ava';
import { compareExporter, compareProcessor, type StockSdk } from './differential';

function createSdk(): StockSdk {
  const kept = new InMemorySpanExporter();
  const resource = resourceFromAttributes({ 'service.name': 'differential', 'team.size': 7 });
  return {
    createProvider: (spanLimits, processor) =>
      new BasicTracerProvider({
        resource,
        spanLimits,
        spanProcessors: [new SimpleSpanProcessor(new KeptOpen(kept)), processor as SpanProcessor],
      }),
    createSimpleProcessor: (exporter) => new SimpleSpanProcessor(exporter as SpanExporter),
    takeRequest: () => {
      const request = JsonTraceSerializer.serializeRequest(kept.getFinishedSpans());
      kept.reset();
      return JSON.parse(new TextDecoder().decode(request));
    },
  };
}

/** An exporter that a provider's shutdown does not empty. */
class KeptOpen implements SpanExporter {
  constructor(private readonly exporter: InMemorySpanExporter) {}
  export: SpanExporter['export'] = (spans, callback) => this.exporter.export(spans, callback);
  async shutdown(): Promise<void> {}
}

test('spans_through_the_processor_are_the_spans_that_the_stock_exporter_sends', (t) =>
  compareProcessor(t, createSdk(), 600));

test('spans_through_the_exporter_are_the_spans_that_the_stock_exporter_sends', (t) =>
  compareExporter(t, createSdk(), 50));
