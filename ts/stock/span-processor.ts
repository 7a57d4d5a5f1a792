// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { TraceFlags } from '@opentelemetry/api';
import { StockProcessor, type StockProcessorOptions } from './processor.js';
import type { StockSpan } from './readable-span.js';
import { type WrittenSpan, writeEnd, writeStart } from './span-writer.js';

/**
 * Span processor of the stock SDK (2.x and 3.x) that writes spans to the memory-mapped file: a start record when a span starts,
 * the rest when it ends. A span that is open when the process dies is exported with what it had at its start, marked
 * incomplete. Spans that are not sampled are not written.
 *
 * It takes the place of `BatchSpanProcessor` and its exporter:
 *
 *     new NodeTracerProvider({ spanProcessors: [new MmapSpanProcessor()] })
 */
export class MmapSpanProcessor extends StockProcessor {
  /** Where an open span carries what was written of it. A property costs a tenth of a WeakMap, and dies with its span. */
  readonly #written = Symbol('otlp-mmap.written');

  constructor(options: StockProcessorOptions = {}) {
    super(options, 'span', 'MmapSpanProcessor');
  }

  onStart(span: StockSpan, _parentContext?: unknown): void {
    try {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) {
        return;
      }
      const producer = this.producers.of(span.resource);
      if (producer !== undefined) {
        (span as Carrier)[this.#written] = writeStart(producer, span);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  onEnd(span: StockSpan): void {
    try {
      const written = (span as Carrier)[this.#written];
      if (written !== undefined) {
        (span as Carrier)[this.#written] = undefined;
        this.processed(writeEnd(written, span));
      }
    } catch (error) {
      this.fail(error);
    }
  }
}

type Carrier = StockSpan & { [written: symbol]: WrittenSpan | undefined };
