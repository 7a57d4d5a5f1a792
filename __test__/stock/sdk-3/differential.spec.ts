// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// OpenTelemetry JS 3.x, from the folder beside this file; run by scripts/test-matrix.mjs, which installs it.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { callsOf3 } from '../calls';
import { compareExporter, compareProcessor, type StockSdk } from '../differential';

const requireHere = createRequire(join(__dirname, 'package.json'));
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = requireHere('@opentelemetry/sdk-trace');
const { resourceFromAttributes } = requireHere('@opentelemetry/resources');
const { JsonTraceSerializer } = requireHere('@opentelemetry/otlp-transformer');

function createSdk(): StockSdk {
  const kept = new InMemorySpanExporter();
  const keptOpen = { export: kept.export.bind(kept), shutdown: async () => {} };
  const resource = resourceFromAttributes({ 'service.name': 'differential', 'team.size': 7 });
  return {
    createProvider: (spanLimits, processor) =>
      new TracerProvider({
        resource,
        spanLimits,
        spanProcessors: [new SimpleSpanProcessor({ exporter: keptOpen }), processor],
      }),
    createSimpleProcessor: (exporter) => new SimpleSpanProcessor({ exporter }),
    takeRequest: () => {
      const request = JsonTraceSerializer.serializeRequest(kept.getFinishedSpans());
      kept.reset();
      return JSON.parse(new TextDecoder().decode(request));
    },
  };
}

test('spans_of_sdk_3_through_the_processor_are_the_spans_that_the_stock_exporter_sends', (t) =>
  compareProcessor(t, createSdk(), 600, callsOf3));

test('spans_of_sdk_3_through_the_exporter_are_the_spans_that_the_stock_exporter_sends', (t) =>
  compareExporter(t, createSdk(), 50, callsOf3));
