// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeLogRecord } from './log-writer.js';
import { StockProcessor, type StockProcessorOptions } from './processor.js';
import type { StockLogRecord } from './readable-log-record.js';

/**
 * Log record processor of the stock SDK (2.x and 3.x) that writes each record to the memory-mapped file: it is there when `emit`
 * returns. It takes the place of `BatchLogRecordProcessor` and its exporter:
 *
 *     new LoggerProvider({ processors: [new MmapLogRecordProcessor()] })
 *
 * Processors behind it do not change what is written.
 */
export class MmapLogRecordProcessor extends StockProcessor {
  constructor(options: StockProcessorOptions = {}) {
    super(options, 'log', 'MmapLogRecordProcessor');
  }

  onEmit(record: StockLogRecord, _context?: unknown): void {
    try {
      const producer = this.producers.of(record.resource);
      if (producer !== undefined) this.processed(writeLogRecord(producer, record));
    } catch (error) {
      this.fail(error);
    }
  }
}
