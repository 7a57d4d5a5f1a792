// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Who wants to know of each exporter by itself: a journal keeps a position for each. */
export interface ReceiptWatch {
  /** Exporters that get nothing of the piece now. */
  readonly skipped: ReadonlySet<number>;
  /** Called once for each of the others, when it has settled all parts. */
  onExporter(exporter: number): void;
}

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
  readonly #watch: ReceiptWatch | undefined;
  #exporters: number;

  /**
   * @param exporters How many the pipeline has; at least one.
   * @param onSettled Called once, with the items that at least one exporter refused (as near as parts tell).
   */
  constructor(sequence: number, exporters: number, onSettled: (failed: number) => void, watch?: ReceiptWatch) {
    this.sequence = sequence;
    this.#onSettled = onSettled;
    this.#watch = watch;
    this.#exporters = exporters - (watch?.skipped.size ?? 0);
    this.#pending = new Array(exporters).fill(1);
    this.#failed = new Array(exporters).fill(0);
  }

  /** One part became this many; each is settled by itself. */
  split(parts: number): void {
    for (let exporter = 0; exporter < this.#pending.length; exporter++) this.#pending[exporter] += parts - 1;
  }

  /** This exporter gets nothing of the piece, and settles nothing. */
  skips(exporter: number): boolean {
    return this.#watch?.skipped.has(exporter) ?? false;
  }

  /** The exporter with this number in the pipeline is done with one part. */
  settle(exporter: number, items: number, delivered: boolean): void {
    if (!delivered) this.#failed[exporter] += items;
    if (--this.#pending[exporter] > 0) return;
    this.#watch?.onExporter(exporter);
    if (--this.#exporters === 0) this.#onSettled(Math.max(...this.#failed));
  }

  /** A processor kept nothing of a part: no exporter will see it. */
  drop(): void {
    for (let exporter = 0; exporter < this.#pending.length; exporter++) {
      if (!this.skips(exporter)) this.settle(exporter, 0, true);
    }
  }
}
