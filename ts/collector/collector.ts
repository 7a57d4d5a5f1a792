// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import type { NativeBinding } from '../native/binding';
import { type Batch, ITEM_NAMES, type Signal } from './batch';
import type { RunConfig } from './config/run-config';
import { createExporter } from './exporters/create';
import { Destination } from './exporters/destination';
import type { Logger } from './logger';
import { Pipeline } from './pipeline';
import { MmapReceiver } from './receivers/mmap';
import { SettledCounters } from './telemetry/counters';
import { type Snapshot, StatsFile, summaryLine } from './telemetry/snapshot';
import { VERSION } from './version';

/** Milliseconds between two looks at the counters for `--stats-file`. */
const STATS_INTERVAL = 250;
/** Milliseconds between two summaries with `--verbose`. */
const SUMMARY_INTERVAL = 10_000;

/** Receiver, pipeline and destinations of one run, from the first file to the last acknowledgement. */
export class Collector {
  readonly #config: RunConfig;
  readonly #logger: Logger;
  readonly #destinations: Destination[];
  readonly #pipeline: Pipeline;
  readonly #receiver: MmapReceiver;
  readonly #sources: readonly string[];
  readonly #settled = new SettledCounters();
  readonly #statsFile: StatsFile | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #finished: Promise<number>;
  #state: Snapshot['state'] = 'running';
  #readerEnded = false;
  #finish!: (exitCode: number) => void;

  /** Begins to read. @throws Error with a sentence when the receiver cannot start. */
  constructor(config: RunConfig, binding: NativeBinding, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#destinations = config.exporters.map(
      (exporter) => new Destination(createExporter(exporter, binding), config.backoff, logger),
    );
    this.#pipeline = new Pipeline(config.batch, this.#destinations, (batch, delivered) =>
      this.#settle(batch, delivered),
    );
    this.#statsFile = config.statsFile === undefined ? undefined : new StatsFile(config.statsFile);

    const directories = config.directories ?? binding.defaultDirectories();
    this.#receiver = new MmapReceiver(binding, { directories, files: config.files }, logger, {
      onPiece: (piece) => this.#pipeline.consume(piece),
      onStopped: (error) => this.#onReaderEnded(error),
    });
    this.#sources = [...directories, ...config.files];

    // Also keeps the process alive, whatever the receiver's thread does for that.
    this.#timers.push(setInterval(() => this.#writeStats(), STATS_INTERVAL));
    this.#timers.push(setInterval(() => logger.debug(summaryLine(this.#snapshot())), SUMMARY_INTERVAL));
  }

  /** Resolves when everything is over, with the exit code of the process. */
  async run(): Promise<number> {
    const targets = this.#destinations.map(({ target }) => target);
    this.#logger.info(`reads ${this.#sources.join(', ')}; exports to ${targets.join(', ')}`);
    for (const file of this.#config.files) {
      if (!existsSync(file)) this.#logger.warn(`${file} does not exist; it is read as soon as it does`);
    }
    const exitCode = await this.#finished;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#destinations.map((destination) => destination.close()));
    this.#state = exitCode === 0 ? 'stopped' : 'failed';
    this.#writeStats();
    this.#logger.info(summaryLine(this.#snapshot()));
    return exitCode;
  }

  /** Reads what is there, delivers it, and ends; within the configured limit, whatever is left. */
  stop(reason: string): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    this.#logger.info(`${reason}: delivering what is left, ${this.#config.shutdownTimeout} ms at most`);
    this.#timers.push(setTimeout(() => this.#giveUp(), this.#config.shutdownTimeout));
    this.#receiver.stop();
    this.#pipeline.flush();
    for (const destination of this.#destinations) destination.retryNow();
  }

  #settle(batch: Batch, delivered: boolean): void {
    this.#settled.add(batch, delivered);
    // Refused for good counts as settled: to read it again would change nothing.
    this.#receiver.acknowledge(batch.sequences);
    this.#finishIfDrained();
  }

  #onReaderEnded(error: string | undefined): void {
    if (error !== undefined) {
      this.#logger.error(`the reader thread ended: ${error}`);
      this.#finish(1);
      return;
    }
    this.#readerEnded = true;
    this.#pipeline.flush();
    this.#finishIfDrained();
  }

  #finishIfDrained(): void {
    if (this.#readerEnded && this.#pipeline.idle) this.#finish(0);
  }

  #giveUp(): void {
    if (this.#destinations.every(({ pending }) => pending.size === 0)) {
      this.#logger.error(`the files were not read to their end within ${this.#config.shutdownTimeout} ms`);
    }
    for (const { target, pending } of this.#destinations) {
      const left: Partial<Record<Signal, number>> = {};
      for (const { signal, items } of pending) left[signal] = (left[signal] ?? 0) + items;
      for (const [signal, items] of Object.entries(left)) {
        this.#logger.error(
          `${target} did not take ${items} ${ITEM_NAMES[signal as Signal]} within ${this.#config.shutdownTimeout} ms; ` +
            'they stay in the files and are sent by the next collector',
        );
      }
    }
    this.#finish(1);
  }

  #snapshot(): Snapshot {
    return {
      version: VERSION,
      pid: process.pid,
      state: this.#state,
      receiver: this.#receiver.stats(),
      settled: this.#settled.signals,
      exporters: Object.fromEntries(this.#destinations.map(({ name, counters }) => [name, counters.signals])),
    };
  }

  #writeStats(): void {
    if (this.#statsFile === undefined) return;
    try {
      this.#statsFile.write(this.#snapshot());
    } catch (error) {
      this.#logger.warn(`cannot write --stats-file (${(error as Error).message})`);
    }
  }
}
