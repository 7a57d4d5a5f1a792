// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS, type Signal } from '../batch.js';
import { ITEM_METRIC_NAMES, type Measurement } from './registry.js';

type Counts = Record<Signal, { accepted: number; refused: number }>;

const noCounts = (): Counts => ({
  traces: { accepted: 0, refused: 0 },
  logs: { accepted: 0, refused: 0 },
  metrics: { accepted: 0, refused: 0 },
});

/** What came in, by receiver, and for how long nothing was let in. */
export class IntakeCounts {
  readonly #receivers = new Map<string, Counts>();
  #paused = 0;
  #pausedSince: number | undefined;

  /** @param accepted Whether a pipeline took the items. */
  add(receiver: string, signal: Signal, items: number, accepted: boolean): void {
    let counts = this.#receivers.get(receiver);
    if (counts === undefined) {
      counts = noCounts();
      this.#receivers.set(receiver, counts);
    }
    counts[signal][accepted ? 'accepted' : 'refused'] += items;
  }

  setOpen(open: boolean): void {
    if (open) this.#paused = this.#pausedTime();
    this.#pausedSince = open ? undefined : performance.now();
  }

  /** @param running Receivers that there are, whether or not anything came in. What came from others stays as it is. */
  measurements(running: readonly string[]): Measurement[] {
    const value = this.#pausedTime() / 1000;
    const paused = running.map(
      (receiver): Measurement => ({ metric: 'receiver_paused_time', labels: { receiver }, value }),
    );
    const items = [...new Set([...running, ...this.#receivers.keys()])].flatMap((receiver) => {
      const counts = this.#receivers.get(receiver) ?? noCounts();
      const labels = { receiver, transport: 'mmap' };
      return SIGNALS.flatMap((signal): Measurement[] => {
        const { accepted, refused } = counts[signal];
        const item = ITEM_METRIC_NAMES[signal];
        return [
          { metric: `receiver_accepted_${item}`, labels, value: accepted },
          { metric: `receiver_refused_${item}`, labels, value: refused },
        ];
      });
    });
    return [...items, ...paused];
  }

  #pausedTime(): number {
    return this.#paused + (this.#pausedSince === undefined ? 0 : performance.now() - this.#pausedSince);
  }
}
