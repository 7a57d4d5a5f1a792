// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch } from '../batch.js';
import type { Consumer } from './component.js';

/** Counts what passes from one step of a pipeline to the next. */
export class ItemCounter implements Consumer {
  items = 0;
  readonly #next: Consumer;

  constructor(next: Consumer) {
    this.#next = next;
  }

  consume(batch: Batch): void {
    this.items += batch.items;
    this.#next.consume(batch);
  }
}
