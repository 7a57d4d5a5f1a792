// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// OpenTelemetry JS 3.x, from the folder beside this file; run by scripts/test-matrix.mjs, which installs it.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { callsOf3 } from '../../trace/calls';
import { compareFile, compareProcessors, type StockTracing } from '../../trace/stock-oracle';

const requireHere = createRequire(join(__dirname, 'package.json'));
const { AlwaysOnSampler, InMemorySpanExporter, ParentBasedSampler, SimpleSpanProcessor, TracerProvider } =
  requireHere('@opentelemetry/sdk-trace');
const { ProtobufTraceSerializer } = requireHere('@opentelemetry/otlp-transformer');

const sdk: StockTracing = {
  alwaysOn: () => new AlwaysOnSampler(),
  parentBased: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  gather() {
    const exporter = new InMemorySpanExporter();
    return {
      processor: new SimpleSpanProcessor({ exporter }),
      request: () => ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans()),
    };
  },
  createProvider: (options) => new TracerProvider(options),
};

test('the_same_calls_give_the_same_otlp_as_through_sdk_3', (t) => compareFile(t, sdk, callsOf3, 600));

test('span_processors_see_the_spans_that_sdk_3_shows_them', (t) => compareProcessors(t, sdk, callsOf3, 200));
