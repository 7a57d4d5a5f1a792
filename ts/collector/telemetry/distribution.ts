// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** A histogram as it was at one moment. */
export interface HistogramValue {
  /** Upper bounds, inclusive, ascending. */
  bounds: readonly number[];
  /** One more than bounds: values up to each bound and above the one before; the last those above all. */
  counts: readonly number[];
  sum: number;
}

/** Counts values by ranges. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  record(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    this.#counts[at < 0 ? this.#bounds.length : at]++;
    this.#sum += value;
  }

  snapshot(): HistogramValue {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
