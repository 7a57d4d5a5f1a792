// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, batchOf, type Part } from '../../batch';
import type { Consumer, Processor } from '../../pipeline/component';

/** Keys of the section `batch`. */
export interface BatchSettings {
  /** Items that make a batch go at once. */
  send_batch_size: number;
  /** Milliseconds after a batch's first part when it goes all the same. */
  timeout: number;
  /** Bytes that a batch does not exceed unless a single part does: destinations bound the requests they take. */
  max_bytes: number;
}

/** Joins parts of one signal into batches. Nothing is parsed or copied: a batch lists the parts' buffers. */
export class BatchProcessor implements Processor {
  readonly #settings: BatchSettings;
  readonly #next: Consumer;
  #origin: Batch | undefined;
  #parts: Part[] = [];
  #bytes = 0;
  #items = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: BatchSettings, next: Consumer) {
    this.#settings = settings;
    this.#next = next;
  }

  consume(batch: Batch): void {
    if (this.#bytes + batch.bytes > this.#settings.max_bytes) this.flush();
    this.#origin = batch;
    this.#parts.push(...batch.pieces);
    this.#bytes += batch.bytes;
    this.#items += batch.items;
    if (batch.urgent || this.#items >= this.#settings.send_batch_size) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#settings.timeout);
  }

  /** Hands over what has gathered, if anything. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#origin === undefined) return;
    const batch = batchOf(this.#origin, this.#parts);
    this.#origin = undefined;
    this.#parts = [];
    this.#bytes = 0;
    this.#items = 0;
    this.#next.consume(batch);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
