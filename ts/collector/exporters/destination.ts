// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, ITEM_NAMES } from '../batch';
import { type Logger, ThrottledWarnings } from '../logger';
import type { Exporter } from '../pipeline/component';
import { ExporterCounters, type ExporterStats } from '../telemetry/counters';
import type { Attempter, Outcome } from './attempt';
import { Backoff, type BackoffSettings } from './backoff';

interface Entry {
  batch: Batch;
  settle: (delivered: boolean) => void;
}

/**
 * An exporter with its queue and its retries. A batch is tried until the destination takes it or refuses it for good:
 * there is no time after which it is given up, since the receiver bounds what is handed over and the rest waits in the
 * files.
 */
export class Destination implements Exporter {
  readonly counters = new ExporterCounters();
  readonly #exporter: Attempter;
  readonly #backoff: BackoffSettings;
  readonly #logger: Logger;
  readonly #outages: ThrottledWarnings;
  readonly #refusals: ThrottledWarnings;
  readonly #notices: ThrottledWarnings;
  readonly #queue: Entry[] = [];
  readonly #pauses = new Set<() => void>();
  readonly #pending = new Set<Batch>();
  #inFlight = 0;
  #down = false;
  #onSettled: () => void = () => {};
  #onward: ((batch: Batch) => Promise<boolean>) | undefined;

  constructor(exporter: Attempter, backoff: BackoffSettings, logger: Logger) {
    this.#exporter = exporter;
    this.#backoff = backoff;
    this.#logger = logger;
    this.#outages = new ThrottledWarnings(logger);
    this.#refusals = new ThrottledWarnings(logger);
    this.#notices = new ThrottledWarnings(logger);
  }

  get target(): string {
    return this.#exporter.target;
  }

  /** Batches not settled yet: queued, in flight, or waiting for another attempt. */
  get pending(): ReadonlySet<Batch> {
    return this.#pending;
  }

  /** Resolves when the batch is settled: true if the destination has it, false if it refused it for good. */
  deliver(batch: Batch): Promise<boolean> {
    this.#pending.add(batch);
    return new Promise((settle) => {
      this.#queue.push({ batch, settle });
      this.#pump();
    });
  }

  /** Ends waits between attempts, except those that the destination asked for. */
  retryNow(): void {
    for (const wake of [...this.#pauses]) wake();
  }

  async retire(onward: (batch: Batch) => Promise<boolean>): Promise<void> {
    this.#onward = onward;
    const settled = new Promise<void>((resolve) => {
      this.#onSettled = () => this.#pending.size === 0 && resolve();
    });
    for (const entry of this.#queue.splice(0)) {
      this.#inFlight++;
      void this.#settle(entry);
    }
    for (const wake of [...this.#pauses]) wake();
    this.#onSettled();
    await settled;
  }

  stats(): ExporterStats {
    return { signals: this.counters.signals, queueSize: this.#queue.length, inFlight: this.#inFlight };
  }

  close(): Promise<void> {
    return this.#exporter.close();
  }

  #pump(): void {
    while (this.#inFlight < this.#exporter.concurrency) {
      const entry = this.#queue.shift();
      if (entry === undefined) return;
      this.#inFlight++;
      void this.#settle(entry);
    }
  }

  async #settle({ batch, settle }: Entry): Promise<void> {
    const delivered = await this.#sendUntilSettled(batch);
    this.#inFlight--;
    this.#pending.delete(batch);
    settle(delivered);
    this.#onSettled();
    this.#pump();
  }

  async #sendUntilSettled(batch: Batch): Promise<boolean> {
    const backoff = new Backoff(this.#backoff);
    for (;;) {
      if (this.#onward !== undefined) return this.#onward(batch);
      const outcome = await this.#attempt(batch);
      switch (outcome.kind) {
        case 'sent':
          this.#noteSent(batch, outcome);
          return true;
        case 'failed':
          this.counters.addFailed(batch);
          this.#refusals.warn(
            `${this.target} refused ${batch.items} ${ITEM_NAMES[batch.signal]} for good: ${outcome.reason}`,
          );
          return false;
        case 'retry':
          this.#down = true;
          this.counters.addRetry(batch);
          this.#outages.warn(
            `${this.target}: ${outcome.reason}; trying again, until then telemetry stays in the files`,
          );
          if (this.#onward === undefined) await this.#pause(backoff.next(outcome.after), outcome.after !== undefined);
      }
    }
  }

  async #attempt(batch: Batch): Promise<Outcome> {
    try {
      return await this.#exporter.send(batch);
    } catch (error) {
      // A fault of the exporter with this batch; to try again would hold up every later one.
      return { kind: 'failed', reason: `internal error: ${(error as Error).stack ?? error}` };
    }
  }

  #noteSent(batch: Batch, outcome: { rejected?: number; warning?: string }): void {
    this.counters.addSent(batch, outcome.rejected ?? 0);
    if (outcome.warning) this.#notices.warn(`${this.target}: ${outcome.warning}`);
    if (!this.#down) return;
    this.#down = false;
    this.#outages.reset();
    this.#logger.info(`${this.target} takes telemetry again`);
    this.retryNow();
  }

  #pause(milliseconds: number, asked: boolean): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#pauses.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      if (!asked) this.#pauses.add(wake);
    });
  }
}
