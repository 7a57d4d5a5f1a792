// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Runs `step` again and again, with pauses, until a signal, a closed output, or `quit` ends it. */
export class UntilTold {
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #isOver = false;

  constructor() {
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.quit());
    process.stdout.on('error', () => this.quit());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  quit(): void {
    this.#isOver = true;
    this.#end();
  }

  async run(pause: number, step: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await step();
      if (this.#isOver) return;
      let timer: NodeJS.Timeout | undefined;
      const passed = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, pause);
      });
      await Promise.race([passed, this.#ended]);
      clearTimeout(timer);
    }
  }
}
