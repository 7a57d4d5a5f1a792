// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Whether anything more may come in. Whoever cannot take more holds it, and the receivers pause as long as anyone does. A component's name
 * would not do: at a reload there are two of that name for a while.
 */
export class Intake {
  readonly #holders = new Set<object>();
  readonly #onChange: (open: boolean) => void;

  /** @param onChange Called when the first holds and when the last lets go. */
  constructor(onChange: (open: boolean) => void) {
    this.#onChange = onChange;
  }

  get open(): boolean {
    return this.#holders.size === 0;
  }

  /** Lets nothing more in. To hold it twice changes nothing. */
  hold(holder: object): void {
    const wasOpen = this.open;
    this.#holders.add(holder);
    if (wasOpen) this.#onChange(false);
  }

  letGo(holder: object): void {
    if (this.#holders.delete(holder) && this.open) this.#onChange(true);
  }
}
