// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag, TraceFlags } from '@opentelemetry/api';
import { ComponentMetrics } from '../self-metrics/component.js';
import type { StockProcessorOptions } from './processor-options.js';
import { Producers } from './producers.js';
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
export class MmapSpanProcessor {
  readonly #producers: Producers;
  /** Where an open span carries what was written of it. A property costs a tenth of a WeakMap, and dies with its span. */
  readonly #written = Symbol('otlp-mmap.written');
  readonly #metrics: ComponentMetrics | undefined;
  #failed = false;

  constructor({ selfObsMeterProvider, ...place }: StockProcessorOptions = {}) {
    this.#producers = new Producers(place, 'spans');
    this.#metrics =
      selfObsMeterProvider &&
      new ComponentMetrics(selfObsMeterProvider, 'span', 'MmapSpanProcessor', () => this.#producers.status());
  }

  onStart(span: StockSpan, _parentContext?: unknown): void {
    try {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) {
        return;
      }
      const producer = this.#producers.of(span.resource);
      if (producer !== undefined) {
        (span as Carrier)[this.#written] = writeStart(producer, span);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  onEnd(span: StockSpan): void {
    try {
      const written = (span as Carrier)[this.#written];
      if (written !== undefined) {
        (span as Carrier)[this.#written] = undefined;
        const status = writeEnd(written, span);
        if (this.#metrics !== undefined) {
          this.#metrics.processed(status);
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when the collector has exported everything that ended before; rejects, naming what is in the way, after `flushTimeoutMillis`. */
  forceFlush(): Promise<void> {
    return this.#producers.flush();
  }

  /** Ends the writing. It does not wait for the collector: what was written is in the file. */
  async shutdown(): Promise<void> {
    this.#producers.close();
  }

  /** The app must not be hurt by a span that is not shaped like one. */
  #fail(error: unknown): void {
    if (!this.#failed) {
      this.#failed = true;
      diag.error('otlp-mmap: a span cannot be written; further ones will not be reported', error);
    }
  }
}

type Carrier = StockSpan & { [written: symbol]: WrittenSpan | undefined };
