// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { PlaceOptions } from '../producer/options.js';
import { Producers } from './producers.js';

/** What processors and exporters for the stock SDK have in common: where they write to, and how that ends. */
export abstract class StockComponent {
  /** @internal */
  protected readonly producers: Producers;

  /** @param records What it writes, for messages: `spans`, `log records`. */
  protected constructor(options: PlaceOptions, records: string) {
    this.producers = new Producers(options, records);
  }

  /** Resolves when the collector has exported everything written so far; rejects, naming what is in the way, after `flushTimeoutMillis`. */
  forceFlush(): Promise<void> {
    return this.producers.flush();
  }

  /** Ends the writing. It does not wait for the collector: what was written is in the file. */
  async shutdown(): Promise<void> {
    this.producers.close();
  }
}
