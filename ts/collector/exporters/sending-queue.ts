// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch } from '../batch.js';
import { flag, number, word } from '../config/schema/scalar.js';
import type { Read } from '../config/schema/schema.js';
import { object } from '../config/schema/structure.js';

/** The section `sending_queue` of an exporter. */
export const sendingQueue = object({
  enabled: flag({ default: true }),
  num_consumers: number({ default: 10, min: 1, max: 10_000 }),
  queue_size: number({ default: 1000, min: 1 }),
  sizer: word(['requests', 'items', 'bytes'], { default: 'requests' }),
  block_on_overflow: flag({ default: true }),
});

export type QueueSettings = Read<typeof sendingQueue>;

/** The queue of an exporter without such a section. */
export const PLAIN_QUEUE: QueueSettings = {
  enabled: true,
  num_consumers: 10,
  queue_size: 1000,
  sizer: 'requests',
  block_on_overflow: true,
};

/** The queue of an exporter that has it switched off: one batch at a time, the next ones wait in the files. */
export const NO_QUEUE: QueueSettings = {
  enabled: false,
  num_consumers: 1,
  queue_size: 1,
  sizer: 'requests',
  block_on_overflow: true,
};

const SIZES: Readonly<Record<QueueSettings['sizer'], (batch: Batch) => number>> = {
  requests: () => 1,
  items: ({ items }) => items,
  bytes: ({ bytes }) => bytes,
};

/** A batch, and whom to tell what became of it. */
export interface Entry {
  batch: Batch;
  settle: (delivered: boolean) => void;
}

/** Batches that wait for their first attempt. It tells when it is full; whoever fills it decides what follows. */
export class SendingQueue {
  readonly capacity: number;
  readonly #sizeOf: (batch: Batch) => number;
  #entries: Entry[] = [];
  #size = 0;

  constructor({ queue_size, sizer }: QueueSettings) {
    this.capacity = queue_size;
    this.#sizeOf = SIZES[sizer];
  }

  /** In the unit of the sizer. */
  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size >= this.capacity;
  }

  /** Whether the batch fits. Into an empty queue any does: one that is larger than the queue could never be sent. */
  takes(batch: Batch): boolean {
    return this.#size === 0 || this.#size + this.#sizeOf(batch) <= this.capacity;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#size += this.#sizeOf(entry.batch);
  }

  shift(): Entry | undefined {
    const entry = this.#entries.shift();
    if (entry !== undefined) this.#size -= this.#sizeOf(entry.batch);
    return entry;
  }

  /** Takes everything out. */
  empty(): Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#size = 0;
    return entries;
  }
}
