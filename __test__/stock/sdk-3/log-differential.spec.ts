// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// OpenTelemetry JS 3.x, from the folder beside this file; run by scripts/test-matrix.mjs, which installs it.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { compareLogExporter, compareLoggerProvider, compareLogProcessor, type StockLogsSdk } from '../log-differential';

const requireHere = createRequire(join(__dirname, 'package.json'));
const { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } = requireHere('@opentelemetry/sdk-logs');
const { resourceFromAttributes } = requireHere('@opentelemetry/resources');
const { ProtobufLogsSerializer } = requireHere('@opentelemetry/otlp-transformer');

function createSdk(): StockLogsSdk {
  const kept = new InMemoryLogRecordExporter();
  const keptOpen = { export: kept.export.bind(kept), shutdown: async () => {}, forceFlush: async () => {} };
  const resource = resourceFromAttributes({ 'service.name': 'differential', 'team.size': 7 });
  return {
    createProvider: (logRecordLimits, processor) =>
      new LoggerProvider({
        resource,
        logRecordLimits,
        processors: [
          new SimpleLogRecordProcessor({ exporter: keptOpen }),
          ...(processor === undefined ? [] : [processor]),
        ],
      }),
    createSimpleProcessor: (exporter) => new SimpleLogRecordProcessor({ exporter }),
    takeRequest: () => {
      const request = ProtobufLogsSerializer.serializeRequest(kept.getFinishedLogRecords());
      kept.reset();
      return request;
    },
  };
}

test('records_of_sdk_3_through_the_processor_are_the_records_that_the_stock_exporter_sends', (t) =>
  compareLogProcessor(t, createSdk(), 150));

test('records_of_sdk_3_through_the_exporter_are_the_records_that_the_stock_exporter_sends', (t) =>
  compareLogExporter(t, createSdk(), 50));

test('records_of_our_provider_are_the_records_of_the_provider_of_sdk_3', (t) =>
  compareLoggerProvider(t, createSdk(), 150));
