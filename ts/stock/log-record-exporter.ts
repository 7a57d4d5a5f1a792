// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { PlaceOptions } from '../producer/options.js';
import { StockExporter } from './exporter.js';
import { writeLogRecord } from './log-writer.js';
import type { StockLogRecord } from './readable-log-record.js';

/**
 * Log record exporter of the stock SDK (2.x and 3.x) that writes records to the memory-mapped file, for the places where only an
 * exporter fits. Prefer `MmapLogRecordProcessor`: what a batch processor before the exporter still holds is lost in a crash.
 */
export class MmapLogRecordExporter extends StockExporter<readonly StockLogRecord[]> {
  constructor(options: PlaceOptions = {}) {
    super(options, 'log records');
  }

  /** @internal */
  protected override write(records: readonly StockLogRecord[]): void {
    for (const record of records) writeLogRecord(this.producerOf(record.resource), record);
  }
}
