// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Whether anything more may come in. Whoever cannot take more holds it under a name of its own; the receivers pause as long as anyone does. */
export class Intake {
  readonly #holders = new Set<string>();
  readonly #onChange: (open: boolean) => void;

  /** @param onChange Called when the first holds and when the last lets go. */
  constructor(onChange: (open: boolean) => void) {
    this.#onChange = onChange;
  }

  get open(): boolean {
    return this.#holders.size === 0;
  }

  /** Lets nothing more in. To hold again under the same name changes nothing. */
  hold(holder: string): void {
    const wasOpen = this.open;
    this.#holders.add(holder);
    if (wasOpen) this.#onChange(false);
  }

  letGo(holder: string): void {
    if (this.#holders.delete(holder) && this.open) this.#onChange(true);
  }
}
