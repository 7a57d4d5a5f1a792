// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { TraceFlags } from '@opentelemetry/api';
import type { PlaceOptions } from '../producer/options.js';
import { StockExporter } from './exporter.js';
import type { StockSpan } from './readable-span.js';
import { writeWhole } from './span-writer.js';

/**
 * Span exporter of the stock SDK (2.x and 3.x) that writes ended spans to the memory-mapped file, for the places where only an exporter
 * fits. Prefer `MmapSpanProcessor`: an exporter hears of spans when they have ended and, behind a batch processor, much
 * later, so it cannot save what a crash takes away before.
 */
export class MmapSpanExporter extends StockExporter<readonly StockSpan[]> {
  constructor(options: PlaceOptions = {}) {
    super(options, 'spans');
  }

  /** @internal Those that are sampled. */
  protected override write(spans: readonly StockSpan[]): void {
    for (const span of spans) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) writeWhole(this.producerOf(span.resource), span);
    }
  }
}
