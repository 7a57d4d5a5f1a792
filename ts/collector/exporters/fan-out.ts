// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch } from '../batch';
import type { Destination } from './destination';

/** Gives each batch to every destination and tells when all have settled it. */
export class FanOut {
  readonly #destinations: readonly Destination[];
  readonly #onSettled: (batch: Batch, delivered: boolean) => void;
  #inFlight = 0;

  /** @param onSettled Called once a batch, with true when every destination has it. */
  constructor(destinations: readonly Destination[], onSettled: (batch: Batch, delivered: boolean) => void) {
    this.#destinations = destinations;
    this.#onSettled = onSettled;
  }

  /** No batch is on its way. */
  get idle(): boolean {
    return this.#inFlight === 0;
  }

  async consume(batch: Batch): Promise<void> {
    this.#inFlight++;
    const results = await Promise.all(this.#destinations.map((destination) => destination.deliver(batch)));
    this.#inFlight--;
    this.#onSettled(
      batch,
      results.every((delivered) => delivered),
    );
  }
}
