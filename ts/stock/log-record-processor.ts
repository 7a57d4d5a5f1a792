// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { ComponentMetrics } from '../self-metrics/component.js';
import { writeLogRecord } from './log-writer.js';
import type { StockProcessorOptions } from './processor-options.js';
import { Producers } from './producers.js';
import type { StockLogRecord } from './readable-log-record.js';

/**
 * Log record processor of the stock SDK (2.x and 3.x) that writes each record to the memory-mapped file: it is there when `emit`
 * returns. It takes the place of `BatchLogRecordProcessor` and its exporter:
 *
 *     new LoggerProvider({ processors: [new MmapLogRecordProcessor()] })
 *
 * Processors behind it do not change what is written.
 */
export class MmapLogRecordProcessor {
  readonly #producers: Producers;
  readonly #metrics: ComponentMetrics | undefined;
  #failed = false;

  constructor({ selfObsMeterProvider, ...place }: StockProcessorOptions = {}) {
    this.#producers = new Producers(place, 'log records');
    this.#metrics =
      selfObsMeterProvider &&
      new ComponentMetrics(selfObsMeterProvider, 'log', 'MmapLogRecordProcessor', () => this.#producers.status());
  }

  onEmit(record: StockLogRecord, _context?: unknown): void {
    try {
      const producer = this.#producers.of(record.resource);
      if (producer === undefined) return;
      const status = writeLogRecord(producer, record);
      if (this.#metrics !== undefined) this.#metrics.processed(status);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when the collector has exported everything emitted before; rejects, naming what is in the way, after `flushTimeoutMillis`. */
  forceFlush(): Promise<void> {
    return this.#producers.flush();
  }

  /** Ends the writing. It does not wait for the collector: what was written is in the file. */
  async shutdown(): Promise<void> {
    this.#producers.close();
  }

  /** The app must not be hurt by a record that is not shaped like one. */
  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    diag.error('otlp-mmap: a log record cannot be written; further ones will not be reported', error);
  }
}
