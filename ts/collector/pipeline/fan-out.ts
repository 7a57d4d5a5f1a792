// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, batchOf, byEndpoint } from '../batch.js';
import type { Consumer, Exporter } from './component.js';

/** The end of a pipeline: gives each batch to every exporter, and settles its parts as each is done with it. */
export class FanOut implements Consumer {
  readonly #exporters: readonly Exporter[];

  constructor(exporters: readonly Exporter[]) {
    this.#exporters = exporters;
  }

  consume(batch: Batch): void {
    this.#exporters.forEach((exporter, number) => {
      const parts = batch.pieces.filter(({ receipt }) => !receipt.skips(number));
      if (parts.length === 0) return;
      const wanted = parts.length === batch.pieces.length ? batch : batchOf(batch, parts);
      // each address by itself: one that is down does not hold up the others' receipts
      const batches = exporter.followsApps ? byEndpoint(wanted) : [wanted];
      for (const each of batches) void this.#deliver(each, exporter, number);
    });
  }

  async #deliver(batch: Batch, exporter: Exporter, number: number): Promise<void> {
    const delivered = await exporter.deliver(batch);
    for (const { receipt, items } of batch.pieces) receipt.settle(number, items, delivered);
  }
}
