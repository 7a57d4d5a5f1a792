// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece } from '../../native/binding';
import type { Batch, Signal } from '../batch';

export interface BatchSettings {
  /** Items that make a batch go at once. */
  sendBatchSize: number;
  /** Milliseconds after a batch's first piece when it goes all the same. */
  timeout: number;
  /** Bytes that a batch does not exceed unless a single piece does: destinations bound the requests they take. */
  maxBytes: number;
}

/** Joins the pieces of one signal into batches. Nothing is parsed or copied: a batch lists the pieces' buffers. */
export class BatchProcessor {
  readonly #signal: Signal;
  readonly #settings: BatchSettings;
  readonly #next: (batch: Batch) => void;
  #parts: Buffer[] = [];
  #sequences: number[] = [];
  #bytes = 0;
  #items = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(signal: Signal, settings: BatchSettings, next: (batch: Batch) => void) {
    this.#signal = signal;
    this.#settings = settings;
    this.#next = next;
  }

  add(piece: Piece): void {
    if (this.#bytes + piece.body.length > this.#settings.maxBytes) this.flush();
    this.#parts.push(piece.body);
    this.#sequences.push(piece.sequence);
    this.#bytes += piece.body.length;
    this.#items += piece.items;
    if (piece.urgent || this.#items >= this.#settings.sendBatchSize) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#settings.timeout);
  }

  /** Hands over what has gathered, if anything. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sequences.length === 0) return;
    const batch: Batch = {
      signal: this.#signal,
      parts: this.#parts,
      bytes: this.#bytes,
      items: this.#items,
      sequences: this.#sequences,
    };
    this.#parts = [];
    this.#sequences = [];
    this.#bytes = 0;
    this.#items = 0;
    this.#next(batch);
  }
}
