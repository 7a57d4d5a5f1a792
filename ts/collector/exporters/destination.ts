// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, ITEM_NAMES, type Signal } from '../batch.js';
import { type Logger, ThrottledWarnings } from '../logger.js';
import type { ComponentContext, Exporter, Onward } from '../pipeline/component.js';
import { ExporterCounters, type ExporterStats } from '../telemetry/counters.js';
import type { Attempter, Outcome } from './attempt.js';
import { Backoff } from './backoff.js';
import type { RetrySettings } from './retry.js';
import { type Entry, NO_QUEUE, type QueueSettings, SendingQueue } from './sending-queue.js';

export interface DestinationSettings {
  sending_queue: QueueSettings;
  retry_on_failure: RetrySettings;
}

/**
 * An exporter with its queue and its retries. A batch is tried until the destination takes it, refuses it for good, or
 * `max_elapsed_time` has passed. While the queue is full it holds the intake, so that what comes next waits in the files;
 * other destinations go on with what they have. Everything that is given up is counted.
 */
export class Destination implements Exporter {
  readonly counters = new ExporterCounters();
  readonly #exporter: Attempter;
  readonly #settings: DestinationSettings;
  readonly #context: Pick<ComponentContext, 'intake' | 'logger'> & Partial<Pick<ComponentContext, 'persistent'>>;
  readonly #consumers: number;
  readonly #queue: SendingQueue;
  readonly #logger: Logger;
  readonly #outages: ThrottledWarnings;
  readonly #losses: ThrottledWarnings;
  readonly #notices: ThrottledWarnings;
  readonly #pauses = new Set<() => void>();
  readonly #pending = new Set<Batch>();
  readonly #enqueueFailed: Partial<Record<Signal, number>> = {};
  #busy = 0;
  #inFlight = 0;
  #down = false;
  /** The log says that it is down. One that comes and goes is not told of each time. */
  #toldDown = false;
  #onSettled: () => void = () => {};
  /** Set when another configuration is in force. */
  #retirement: { onward: Onward | undefined } | undefined;

  constructor(
    exporter: Attempter,
    settings: DestinationSettings,
    context: Pick<ComponentContext, 'intake' | 'logger'> & Partial<Pick<ComponentContext, 'persistent'>>,
  ) {
    const queue = settings.sending_queue.enabled ? settings.sending_queue : NO_QUEUE;
    this.#exporter = exporter;
    const retry = context.persistent
      ? { ...settings.retry_on_failure, max_elapsed_time: 0 }
      : settings.retry_on_failure;
    this.#settings = { ...settings, sending_queue: queue, retry_on_failure: retry };
    this.#context = context;
    this.#consumers = Math.min(exporter.concurrency, queue.num_consumers);
    this.#queue = new SendingQueue(queue);
    this.#logger = context.logger;
    this.#outages = new ThrottledWarnings(context.logger);
    this.#losses = new ThrottledWarnings(context.logger);
    this.#notices = new ThrottledWarnings(context.logger);
  }

  get full(): boolean {
    return this.#queue.full;
  }

  get target(): string {
    return this.#exporter.target;
  }

  /** Batches not settled yet: queued, in flight, or waiting for another attempt. */
  get pending(): ReadonlySet<Batch> {
    return this.#pending;
  }

  async start(): Promise<void> {
    await this.#exporter.start?.();
  }

  /** Resolves when the batch is settled: true if the destination has it, false if it was given up. */
  deliver(batch: Batch): Promise<boolean> {
    if (!this.#settings.sending_queue.block_on_overflow && !this.#queue.takes(batch)) return this.#refuse(batch);
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

  async retire(onward: Onward | undefined): Promise<void> {
    this.#retirement = { onward };
    const settled = new Promise<void>((resolve) => {
      this.#onSettled = () => this.#pending.size === 0 && resolve();
    });
    for (const entry of this.#queue.empty()) this.#begin(entry);
    this.#context.intake.letGo(this);
    for (const wake of [...this.#pauses]) wake();
    this.#onSettled();
    await settled;
  }

  stats(): ExporterStats {
    return {
      signals: this.counters.signals,
      queueSize: this.#queue.size,
      queueCapacity: this.#queue.capacity,
      inFlight: this.#inFlight,
      enqueueFailed: this.#enqueueFailed,
    };
  }

  close(): Promise<void> {
    this.#context.intake.letGo(this);
    return this.#exporter.close();
  }

  /** The queue is full and may not hold up anything: what comes is given up. */
  #refuse({ signal, items }: Batch): Promise<boolean> {
    this.#enqueueFailed[signal] = (this.#enqueueFailed[signal] ?? 0) + items;
    this.#losses.warn(
      `${this.target}: its queue is full, ${items} ${ITEM_NAMES[signal]} are dropped; ` +
        'enlarge sending_queue.queue_size, or set block_on_overflow so that they wait in the files',
    );
    return Promise.resolve(false);
  }

  #pump(): void {
    while (this.#busy < this.#consumers) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      this.#begin(entry);
    }
    const { intake } = this.#context;
    if (this.#settings.sending_queue.block_on_overflow && this.#queue.full) intake.hold(this);
    else intake.letGo(this);
  }

  #begin(entry: Entry): void {
    this.#busy++;
    void this.#settle(entry);
  }

  async #settle({ batch, settle }: Entry): Promise<void> {
    const delivered = await this.#sendUntilSettled(batch);
    this.#busy--;
    this.#pending.delete(batch);
    settle(delivered);
    this.#onSettled();
    this.#pump();
  }

  async #sendUntilSettled(batch: Batch): Promise<boolean> {
    const backoff = new Backoff(this.#settings.retry_on_failure);
    for (;;) {
      if (this.#retirement !== undefined) return this.#hand(batch, this.#retirement.onward);
      const outcome = await this.#attempt(batch);
      if (outcome.kind === 'sent') {
        this.#noteSent(batch, outcome);
        return true;
      }
      if (outcome.kind === 'failed') {
        return this.#giveUp(batch, `refused ${this.#amount(batch)} for good: ${outcome.reason}`);
      }
      this.#down = true;
      const wait = backoff.next(outcome.after);
      if (wait === undefined) {
        const after = `within ${Math.round(backoff.elapsed)} ms`;
        return this.#giveUp(
          batch,
          `did not take ${this.#amount(batch)} ${after}, they are given up: ${outcome.reason}`,
        );
      }
      this.counters.addRetry(batch);
      const where = this.#context.persistent ? 'waits in the journal' : 'stays in the files';
      const warning = `${this.target}: ${outcome.reason}; trying again, until then telemetry ${where}`;
      if (this.#outages.warn(warning)) this.#toldDown = true;
      if (this.#retirement === undefined) await this.#pause(wait, outcome.after !== undefined);
    }
  }

  #hand(batch: Batch, onward: Onward | undefined): Promise<boolean> | false {
    if (onward !== undefined) return onward(batch);
    const what = `${this.#amount(batch)} that it had not taken are not sent there`;
    return this.#giveUp(batch, `is no longer in the configuration: ${what}`);
  }

  async #attempt(batch: Batch): Promise<Outcome> {
    this.#inFlight++;
    try {
      return await this.#exporter.send(batch);
    } catch (error) {
      // A fault of the exporter with this batch; to try again would hold up every later one.
      return { kind: 'failed', reason: `internal error: ${(error as Error).stack ?? error}` };
    } finally {
      this.#inFlight--;
    }
  }

  #amount({ items, signal }: Batch): string {
    return `${items} ${ITEM_NAMES[signal]}`;
  }

  #giveUp(batch: Batch, what: string): false {
    this.counters.addFailed(batch);
    this.#losses.warn(`${this.target} ${what}`);
    return false;
  }

  #noteSent(batch: Batch, outcome: { rejected?: number; warning?: string }): void {
    this.counters.addSent(batch, outcome.rejected ?? 0);
    if (outcome.warning) this.#notices.warn(`${this.target}: ${outcome.warning}`);
    if (!this.#down) return;
    this.#down = false;
    if (this.#toldDown) this.#logger.info(`${this.target} takes telemetry again`);
    this.#toldDown = false;
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
