// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { announce } from '../config/diagnostics.js';
import type { AppBinding } from '../native/binding/app.js';
import type { WriterStatus } from '../native/binding/writer.js';
import { findBinding } from '../native/loader.js';
import type { PlaceOptions } from '../producer/options.js';
import { StockProducer } from './producer.js';
import type { StockResource } from './readable-span.js';

/**
 * The producers of one processor or exporter, one for each resource that its records have: nearly always a single one. Never
 * throws: what cannot be opened is told once, and its records are not written.
 */
export class Producers {
  readonly #options: PlaceOptions;
  readonly #records: string;
  readonly #all = new Map<StockResource, StockProducer | undefined>();
  readonly #binding: AppBinding | undefined;
  #lastResource: StockResource | undefined;
  #last: StockProducer | undefined;
  #closed = false;

  /** @param records What they write, for messages: `spans`, `log records`. */
  constructor(options: PlaceOptions, records: string) {
    this.#options = options;
    this.#records = records;
    try {
      this.#binding = findBinding();
    } catch (error) {
      announce('error', `${this.#records} are not recorded: ${(error as Error).message}`);
    }
  }

  /** The producer for records of `resource`; undefined when nothing can be written. */
  of(resource: StockResource): StockProducer | undefined {
    if (resource === this.#lastResource) {
      return this.#last;
    }
    if (this.#closed) {
      return undefined;
    }
    if (!this.#all.has(resource)) {
      this.#all.set(resource, this.#open(resource));
    }
    this.#lastResource = resource;
    this.#last = this.#all.get(resource);
    return this.#last;
  }

  #open(resource: StockResource): StockProducer | undefined {
    if (this.#binding === undefined) {
      return undefined;
    }
    try {
      return new StockProducer(this.#binding, resource, this.#options);
    } catch (error) {
      announce('error', `${this.#records} are not recorded: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Of the file that was written to last; undefined when there is none. */
  status(): WriterStatus | undefined {
    return this.#last?.status();
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#all.values()].map((producer) => producer?.flush()));
  }

  /** Nothing is written after this. What is written already is safe in the file and waits for nobody. */
  close(): void {
    this.#closed = true;
    this.#lastResource = undefined;
    this.#last = undefined;
    for (const producer of this.#all.values()) {
      producer?.close();
    }
    this.#all.clear();
  }
}
