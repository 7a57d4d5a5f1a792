// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece } from '../../native/binding.js';
import { type Batch, batchOf, type Signal } from '../batch.js';
import type { Consumer, Exporter, Processor } from './component.js';
import { FanOut } from './fan-out.js';
import { ItemCounter } from './item-counter.js';
import { Receipt, type ReceiptWatch } from './receipt.js';

/** Makes one processor, given what comes after it. */
export type MakeProcessor = (next: Consumer) => Processor;

/** One step as the collector's own metrics show it. */
export interface Step {
  /** Name of the processor in the configuration. */
  id: string;
  processor: Processor;
  incoming: ItemCounter;
  outgoing: ItemCounter;
}

/** One entry of `service.pipelines`: processors in their order, then every exporter. */
export class Pipeline {
  /** As in `traces/2`. */
  readonly name: string;
  readonly signal: Signal;
  /** In the order in which batches go through them. */
  readonly steps: readonly Step[];
  readonly #exporters: number;
  readonly #stream: string | undefined;
  readonly #entry: Consumer;

  /** @param stream The one stream of metrics that it takes; undefined: all. */
  constructor(
    name: string,
    signal: Signal,
    processors: readonly { id: string; make: MakeProcessor }[],
    exporters: readonly Exporter[],
    stream?: string,
  ) {
    this.name = name;
    this.signal = signal;
    this.#exporters = exporters.length;
    this.#stream = stream;
    const steps: Step[] = [];
    let next: Consumer = new FanOut(exporters);
    for (const { id, make } of [...processors].reverse()) {
      const outgoing = new ItemCounter(next);
      const processor = make(outgoing);
      const incoming = new ItemCounter(processor);
      steps.unshift({ id, processor, incoming, outgoing });
      next = incoming;
    }
    this.steps = steps;
    this.#entry = next;
  }

  /**
   * @param onSettled Called once, with the items that an exporter refused for good.
   * @param watch For who has to know of each exporter.
   */
  consume(piece: Piece, onSettled: (failed: number) => void, watch?: ReceiptWatch): void {
    const { sequence, signal, body, items, urgent, stream, endpoint } = piece;
    if (watch?.skipped.size === this.#exporters) {
      onSettled(0);
      return;
    }
    const receipt = new Receipt(sequence, this.#exporters, onSettled, watch);
    if (stream !== undefined && this.#stream !== undefined && stream !== this.#stream) {
      // For another pipeline: this one is done with it.
      receipt.drop();
      return;
    }
    const batch: Batch = batchOf({ signal, urgent, stream }, [{ body, items, receipt, endpoint }]);
    this.#entry.consume(batch);
  }

  /** Sends on what processors hold, from the first to the last. */
  flush(): void {
    for (const { processor } of this.steps) processor.flush?.();
  }

  close(): void {
    for (const { processor } of this.steps) processor.close?.();
  }
}
