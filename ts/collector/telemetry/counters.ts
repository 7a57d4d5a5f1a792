// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch, Signal } from '../batch.js';

/** What one exporter did with the items of one signal. */
export interface SignalCounts {
  /** Items in batches that the destination took. */
  sent: number;
  /** Of these, items that it said it rejected. */
  rejected: number;
  /** Items in batches that it refused for good. */
  failed: number;
  /** Attempts that were repeated later. */
  retries: number;
}

/** What one exporter can tell of itself. */
export interface ExporterStats {
  signals: Partial<Record<Signal, SignalCounts>>;
  /** Batches that wait for their first attempt, where there is a queue. */
  queueSize?: number;
  queueCapacity?: number;
  /** Requests without an answer yet. */
  inFlight?: number;
  /** Items that found the queue full and were not taken, by signal. */
  enqueueFailed?: Partial<Record<Signal, number>>;
}

/** Counts of one exporter, by signal; a signal appears with its first batch. */
export class ExporterCounters {
  readonly signals: Partial<Record<Signal, SignalCounts>> = {};

  addSent(batch: Batch, rejected: number): void {
    const counts = this.#of(batch);
    counts.sent += batch.items;
    counts.rejected += rejected;
  }

  addFailed(batch: Batch): void {
    this.#of(batch).failed += batch.items;
  }

  addRetry(batch: Batch): void {
    this.#of(batch).retries++;
  }

  #of(batch: Batch): SignalCounts {
    this.signals[batch.signal] ??= { sent: 0, rejected: 0, failed: 0, retries: 0 };
    return this.signals[batch.signal]!;
  }
}

/** Items of one signal that left the collector. */
export interface SettledCounts {
  /** Items that every destination took. */
  exported: number;
  /** Items that at least one destination refused for good. */
  failed: number;
}

/** Counts over all exporters, by signal. */
export class SettledCounters {
  readonly signals: Partial<Record<Signal, SettledCounts>> = {};

  /** @param failed How many of the items a destination refused for good. */
  add(signal: Signal, items: number, failed: number): void {
    this.signals[signal] ??= { exported: 0, failed: 0 };
    this.signals[signal]!.exported += items - failed;
    this.signals[signal]!.failed += failed;
  }
}
