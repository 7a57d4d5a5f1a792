// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type LogRecordExporter,
  type LogRecordProcessor,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import test from 'ava';
import { compareLogExporter, compareLoggerProvider, compareLogProcessor, type StockLogsSdk } from './log-differential';

function createSdk(): StockLogsSdk {
  const kept = new InMemoryLogRecordExporter();
  const resource = resourceFromAttributes({ 'service.name': 'differential', 'team.size': 7 });
  /** A provider's shutdown does not empty it. */
  const keptOpen: LogRecordExporter = {
    export: (records, callback) => kept.export(records, callback),
    shutdown: async () => {},
    forceFlush: async () => {},
  };
  return {
    createProvider: (logRecordLimits, processor) =>
      new LoggerProvider({
        resource,
        logRecordLimits,
        processors: [
          new SimpleLogRecordProcessor({ exporter: keptOpen }),
          ...(processor === undefined ? [] : [processor as LogRecordProcessor]),
        ],
      }),
    createSimpleProcessor: (exporter) => new SimpleLogRecordProcessor({ exporter: exporter as LogRecordExporter }),
    takeRequest: () => {
      const request = ProtobufLogsSerializer.serializeRequest(kept.getFinishedLogRecords());
      kept.reset();
      return request ?? new Uint8Array();
    },
  };
}

test('records_through_the_processor_are_the_records_that_the_stock_exporter_sends', (t) =>
  compareLogProcessor(t, createSdk(), 150));

test('records_through_the_exporter_are_the_records_that_the_stock_exporter_sends', (t) =>
  compareLogExporter(t, createSdk(), 50));

test('records_of_our_provider_are_the_records_of_the_stock_provider', (t) =>
  compareLoggerProvider(t, createSdk(), 150));
