// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ReceiverStats } from '../../native/binding.js';

/** Counts of receivers that have ended, beside those of the others. */
export class PastReceivers {
  #sum: Partial<ReceiverStats> = {};

  /** Adds what a receiver had counted when it ended: what it had open, or waiting, it has no more. */
  add(stats: ReceiverStats): void {
    const { filesAttached, spansOpen, ringRecords, ringFullest, bytesUnacknowledged, journal, ...counts } = stats;
    this.#sum = sumOf(this.#sum, counts) as Partial<ReceiverStats>;
  }

  /** All receivers together; at least one has not ended. */
  sumWith(running: readonly ReceiverStats[]): ReceiverStats {
    const fullest = running.map(({ ringFullest }) => ringFullest);
    const sum = running.reduce((all, next) => sumOf(all, next) as ReceiverStats);
    const highest = fullest.reduce((all, next) => ({
      events: Math.max(all.events, next.events),
      spans: Math.max(all.spans, next.spans),
      measurements: Math.max(all.measurements, next.measurements),
    }));
    return { ...(sumOf(sum, this.#sum) as ReceiverStats), ringFullest: highest };
  }
}

/** Adds up numbers, and those in objects within; lists follow each other, and of texts the first stays. */
function sumOf(a: unknown, b: unknown): unknown {
  if (Array.isArray(a) || Array.isArray(b)) return [...((a as unknown[]) ?? []), ...((b as unknown[]) ?? [])];
  if (typeof a === 'string' || typeof b === 'string') return a ?? b;
  if (typeof a === 'number' || typeof b === 'number') return ((a as number) ?? 0) + ((b as number) ?? 0);
  const [left, right] = [a ?? {}, b ?? {}] as Record<string, unknown>[];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries([...keys].map((key) => [key, sumOf(left[key], right[key])]));
}
