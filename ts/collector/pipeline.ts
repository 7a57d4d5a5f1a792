// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece } from '../native/binding';
import { type Batch, SIGNALS, type Signal } from './batch';
import type { Destination } from './exporters/destination';
import { FanOut } from './exporters/fan-out';
import { BatchProcessor, type BatchSettings } from './processors/batch';

/** From pieces to destinations: one batch processor a signal, then every destination. */
export class Pipeline {
  readonly #batches: ReadonlyMap<Signal, BatchProcessor>;
  readonly #fanOut: FanOut;

  /** @param onSettled Called once a batch, with true when every destination has it. */
  constructor(
    settings: BatchSettings,
    destinations: readonly Destination[],
    onSettled: (batch: Batch, delivered: boolean) => void,
  ) {
    const fanOut = new FanOut(destinations, onSettled);
    this.#fanOut = fanOut;
    this.#batches = new Map(
      SIGNALS.map((signal) => [signal, new BatchProcessor(signal, settings, (batch) => void fanOut.consume(batch))]),
    );
  }

  /** No batch is on its way. What waits in the batch processors does not count: flush first. */
  get idle(): boolean {
    return this.#fanOut.idle;
  }

  consume(piece: Piece): void {
    this.#batches.get(piece.signal)?.add(piece);
  }

  /** Sends what the batch processors hold. */
  flush(): void {
    for (const batch of this.#batches.values()) batch.flush();
  }
}
