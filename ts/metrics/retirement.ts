// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Cells, TICK_INTERVAL } from './cells.js';
import type { Stream } from './stream.js';

/**
 * Ends series that were not measured for a time, so that their cells serve others: for attributes that come and go, as names of
 * hosts or customers do. What it does in one turn of the event loop is bounded.
 */
export class Retirement {
  readonly #cells: Cells;
  readonly #streams: Iterable<Stream>;
  readonly #idleSeconds: number;
  readonly #timer: NodeJS.Timeout;
  #isRunning = false;

  constructor(cells: Cells, streams: Iterable<Stream>, idleMillis: number) {
    this.#cells = cells;
    this.#streams = streams;
    // The time that a cell is stamped with may be that of the tick before.
    this.#idleSeconds = (idleMillis + TICK_INTERVAL) / 1_000;
    this.#timer = setInterval(() => void this.run(), idleMillis);
    this.#timer.unref();
  }

  /** Goes over all series once. */
  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      this.#cells.look();
      const before = this.#cells.tick.seconds - this.#idleSeconds;
      for (const stream of [...this.#streams]) await this.#retire(stream, before);
    } finally {
      this.#isRunning = false;
    }
  }

  async #retire(stream: Stream, before: number): Promise<void> {
    const { epoch } = this.#cells.tick;
    for (const _ of stream.retire(before)) {
      await nextTurn();
      if (this.#cells.tick.epoch !== epoch) return;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Keeps no process alive. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve).unref());
}
