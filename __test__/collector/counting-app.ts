// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ExecutionContext } from 'ava';
import { AppRun } from './app-run';

/** As apps/counts.cjs has it: the k-th addition is of 1 + k % 3 to the topic k % TOPICS. */
export const TOPICS = 12;

/** What one topic has in all. */
export interface Amount {
  counted: number;
  measured: number;
}

/** An app that counts on and on beside the test. */
export class CountingApp {
  readonly #app: AppRun;
  #made = 0;
  #isCounting = true;
  #counts: Promise<void> = Promise.resolve();

  private constructor(app: AppRun) {
    this.#app = app;
  }

  /** Resolves when it has counted for the first time, and so has a file. */
  static async start(t: ExecutionContext, directory: string): Promise<CountingApp> {
    const app = new CountingApp(new AppRun(t, directory, 'shop', 'counts.cjs'));
    await app.#count(100);
    return app;
  }

  countOn(): void {
    this.#counts = (async () => {
      while (this.#isCounting) await this.#count(500);
    })();
  }

  /** Ends that, and resolves with what was counted, by topic. */
  async stop(): Promise<Amount[]> {
    this.#isCounting = false;
    await this.#counts;
    const amounts = Array.from({ length: TOPICS }, () => ({ counted: 0, measured: 0 }));
    for (let k = 0; k < this.#made; k++) {
      amounts[k % TOPICS].counted += 1 + (k % 3);
      amounts[k % TOPICS].measured++;
    }
    return amounts;
  }

  flush(): Promise<void> {
    return this.#app.tell('flush');
  }

  async #count(times: number): Promise<void> {
    await this.#app.tell(`count ${times}`);
    this.#made += times;
  }
}
