// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * One piece on its way through one pipeline. It is settled when each exporter of the pipeline has settled all parts that the
 * piece was cut into: taken them, or refused them for good.
 */
export class Receipt {
  /** Number of the piece, to acknowledge it by. */
  readonly sequence: number;
  readonly #onSettled: (failed: number) => void;
  /** For each exporter: parts that it has not settled. */
  readonly #pending: number[];
  /** For each exporter: items that it refused for good. */
  readonly #failed: number[];
  #exporters: number;

  /**
   * @param exporters How many the pipeline has; at least one.
   * @param onSettled Called once, with the items that at least one exporter refused (as near as parts tell).
   */
  constructor(sequence: number, exporters: number, onSettled: (failed: number) => void) {
    this.sequence = sequence;
    this.#onSettled = onSettled;
    this.#exporters = exporters;
    this.#pending = new Array(exporters).fill(1);
    this.#failed = new Array(exporters).fill(0);
  }

  /** One part became this many; each is settled by itself. */
  split(parts: number): void {
    for (let exporter = 0; exporter < this.#pending.length; exporter++) this.#pending[exporter] += parts - 1;
  }

  /** The exporter with this number in the pipeline is done with one part. */
  settle(exporter: number, items: number, delivered: boolean): void {
    if (!delivered) this.#failed[exporter] += items;
    if (--this.#pending[exporter] > 0) return;
    if (--this.#exporters === 0) this.#onSettled(Math.max(...this.#failed));
  }

  /** A processor kept nothing of a part: no exporter will see it. */
  drop(): void {
    for (let exporter = 0; exporter < this.#pending.length; exporter++) this.settle(exporter, 0, true);
  }
}
