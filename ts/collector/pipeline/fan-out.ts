// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, batchOf, type Part } from '../batch.js';
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
      if (exporter.followsApps) {
        // each address by itself: one that is down does not hold up the others' receipts
        for (const some of byEndpoint(parts)) void this.#deliver(batchOf(batch, some), exporter, number);
        return;
      }
      const wanted = parts.length === batch.pieces.length ? batch : batchOf(batch, parts);
      void this.#deliver(wanted, exporter, number);
    });
  }

  async #deliver(batch: Batch, exporter: Exporter, number: number): Promise<void> {
    const delivered = await exporter.deliver(batch);
    for (const { receipt, items } of batch.pieces) receipt.settle(number, items, delivered);
  }
}

function byEndpoint(parts: readonly Part[]): Iterable<Part[]> {
  const groups = new Map<string | undefined, Part[]>();
  for (const part of parts) {
    const group = groups.get(part.endpoint);
    if (group === undefined) groups.set(part.endpoint, [part]);
    else group.push(part);
  }
  return groups.values();
}
