// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { TraceFlags } from '@opentelemetry/api';
import type { PlaceOptions } from '../producer/options.js';
import { Producers } from './producers.js';
import type { StockSpan } from './readable-span.js';
import { writeWhole } from './span-writer.js';

/** ExportResult of @opentelemetry/core: code 0 is success, 1 is failure. */
export interface ExportResult {
  code: number;
  error?: Error;
}

/**
 * Span exporter of the stock SDK (2.x and 3.x) that writes ended spans to the memory-mapped file, for the places where only an exporter
 * fits. Prefer `MmapSpanProcessor`: an exporter hears of spans when they have ended and, behind a batch processor, much
 * later, so it cannot save what a crash takes away before.
 */
export class MmapSpanExporter {
  readonly #producers: Producers;

  constructor(options: PlaceOptions = {}) {
    this.#producers = new Producers(options, 'spans');
  }

  export(spans: readonly StockSpan[], resultCallback: (result: ExportResult) => void): void {
    let result: ExportResult = { code: 0 };
    try {
      for (const span of spans) {
        this.#write(span);
      }
    } catch (error) {
      result = { code: 1, error: error as Error };
    }
    resultCallback(result);
  }

  #write(span: StockSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) {
      return;
    }
    const producer = this.#producers.of(span.resource);
    if (producer === undefined) {
      throw new Error('otlp-mmap: the spans cannot be written: the exporter is shut down, or could not start');
    }
    writeWhole(producer, span);
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
