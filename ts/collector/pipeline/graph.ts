// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece } from '../../native/binding.js';
import { SIGNALS, type Signal } from '../batch.js';
import type { SettledCounters } from '../telemetry/counters.js';
import type { Pipeline } from './pipeline.js';
import type { ReceiptWatch } from './receipt.js';

/** All pipelines of a configuration. A piece is acknowledged when every pipeline that it went into has settled it. */
export class Graph {
  readonly pipelines: readonly Pipeline[];
  /** By receiver and signal, which pipelines take its pieces. */
  readonly #routes = new Map<string, ReadonlyMap<Signal, readonly Pipeline[]>>();
  readonly #settled: SettledCounters;
  readonly #onSettled: () => void;
  #inFlight = 0;

  /**
   * @param receivers For each pipeline, the names of the receivers that it takes from.
   * @param settled Counts what left, over all configurations of the process.
   * @param onSettled Called whenever a piece is settled, after its acknowledgement.
   */
  constructor(
    pipelines: readonly Pipeline[],
    receivers: ReadonlyMap<Pipeline, readonly string[]>,
    settled: SettledCounters,
    onSettled: () => void,
  ) {
    this.pipelines = pipelines;
    this.#settled = settled;
    this.#onSettled = onSettled;
    for (const receiver of new Set([...receivers.values()].flat())) {
      const taking = pipelines.filter((pipeline) => receivers.get(pipeline)?.includes(receiver));
      const bySignal = SIGNALS.map(
        (signal) => [signal, taking.filter((pipeline) => pipeline.signal === signal)] as const,
      );
      this.#routes.set(receiver, new Map(bySignal));
    }
  }

  /** No piece is on its way. What waits in processors counts: flush first. */
  get idle(): boolean {
    return this.#inFlight === 0;
  }

  /**
   * Sends a piece into its pipelines.
   *
   * @param acknowledge Called once, when all of them have settled it; at once when none takes it.
   * @param watch For who has to know of each exporter: asked once for each pipeline.
   * @returns whether any pipeline takes it.
   */
  consume(
    receiver: string,
    piece: Piece,
    acknowledge: (sequence: number) => void,
    watch?: (pipeline: Pipeline) => ReceiptWatch,
  ): boolean {
    const pipelines = this.#routes.get(receiver)?.get(piece.signal) ?? [];
    let pending = pipelines.length;
    let failed = 0;
    if (pending === 0) {
      acknowledge(piece.sequence);
      return false;
    }
    this.#inFlight++;
    const watches = pipelines.map((pipeline) => watch?.(pipeline));
    const settle = (failedHere: number) => {
      failed = Math.max(failed, failedHere);
      if (--pending > 0) return;
      this.#inFlight--;
      // What the first destination gets later counts then.
      if (!watches[0]?.skipped.has(0)) this.#settled.add(piece.signal, piece.items, failed);
      acknowledge(piece.sequence);
      this.#onSettled();
    };
    for (const [index, pipeline] of pipelines.entries()) pipeline.consume(piece, settle, watches[index]);
    return true;
  }

  /** Sends on what processors hold. */
  flush(): void {
    for (const pipeline of this.pipelines) pipeline.flush();
  }

  /** Lets go of the processors. The exporters may be shared with another graph, so they are not this one's to close. */
  close(): void {
    for (const pipeline of this.pipelines) pipeline.close();
  }
}
