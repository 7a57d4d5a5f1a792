// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { PlaceOptions } from '../producer/options.js';
import { writeLogRecord } from './log-writer.js';
import { Producers } from './producers.js';
import type { StockLogRecord } from './readable-log-record.js';
import type { ExportResult } from './span-exporter.js';

/**
 * Log record exporter of the stock SDK (2.x and 3.x) that writes records to the memory-mapped file, for the places where only an
 * exporter fits. Prefer `MmapLogRecordProcessor`: what a batch processor before the exporter still holds is lost in a crash.
 */
export class MmapLogRecordExporter {
  readonly #producers: Producers;

  constructor(options: PlaceOptions = {}) {
    this.#producers = new Producers(options, 'log records');
  }

  export(records: readonly StockLogRecord[], resultCallback: (result: ExportResult) => void): void {
    let result: ExportResult = { code: 0 };
    try {
      for (const record of records) this.#write(record);
    } catch (error) {
      result = { code: 1, error: error as Error };
    }
    resultCallback(result);
  }

  #write(record: StockLogRecord): void {
    const producer = this.#producers.of(record.resource);
    if (producer === undefined) {
      throw new Error('otlp-mmap: the log records cannot be written: the exporter is shut down, or could not start');
    }
    writeLogRecord(producer, record);
  }

  /** Resolves when the collector has exported everything written so far; rejects, naming what is in the way, after `flushTimeoutMillis`. */
  forceFlush(): Promise<void> {
    return this.#producers.flush();
  }

  /** Ends the writing. It does not wait for the collector: what was written is in the file. */
  async shutdown(): Promise<void> {
    this.#producers.close();
  }
}
