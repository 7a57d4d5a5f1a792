// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag, type MeterProvider } from '@opentelemetry/api';
import type { PlaceOptions } from '../producer/options.js';
import { ComponentMetrics, type Signal } from '../self-metrics/component.js';
import { StockComponent } from './component.js';

/** Where and how a processor for the stock SDK writes. */
export interface StockProcessorOptions extends PlaceOptions {
  /**
   * Takes the metrics that the semantic conventions have for a processor (`otel.sdk.processor.…`); the name is that of the stock
   * processors' option. Default: none are made.
   */
  selfObsMeterProvider?: MeterProvider;
}

const RECORDS: Record<Signal, { one: string; all: string }> = {
  span: { one: 'a span', all: 'spans' },
  log: { one: 'a log record', all: 'log records' },
};

/** A processor for the stock SDK, of either signal. */
export abstract class StockProcessor extends StockComponent {
  readonly #signal: Signal;
  readonly #metrics: ComponentMetrics | undefined;
  #failed = false;

  /** @param type The name of the class, for metrics. */
  protected constructor({ selfObsMeterProvider, ...place }: StockProcessorOptions, signal: Signal, type: string) {
    super(place, RECORDS[signal].all);
    this.#signal = signal;
    this.#metrics =
      selfObsMeterProvider && new ComponentMetrics(selfObsMeterProvider, signal, type, () => this.producers.status());
  }

  /** @internal One more, with the answer of its commit. */
  protected processed(status: number): void {
    if (this.#metrics !== undefined) this.#metrics.processed(status);
  }

  /** @internal The app must not be hurt by something that is not shaped like a record. */
  protected fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    diag.error(`otlp-mmap: ${RECORDS[this.#signal].one} cannot be written; further ones will not be reported`, error);
  }
}
