// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding, Piece } from '../native/binding';
import { ITEM_NAMES, type Signal } from './batch';
import type { CollectorConfig } from './config/collector-config';
import type { Logger } from './logger';
import { buildExporters, buildGraph, type SharedContext } from './pipeline/build';
import type { Exporter, Receiver } from './pipeline/component';
import type { Graph } from './pipeline/graph';
import { Intake } from './pipeline/intake';
import { journalDirectory } from './storage/directory';
import { ReceiverStorage } from './storage/receiver-storage';
import { type Snapshot, StatsFile, summaryLine, sumOfReceivers } from './telemetry/snapshot';
import { VERSION } from './version';

/** Milliseconds between two looks at the counters for `--stats-file`. */
const STATS_INTERVAL = 250;
/** Milliseconds between two summaries with `--verbose`. */
const SUMMARY_INTERVAL = 10_000;

/** Receivers, pipelines and exporters of one run, from the first file to the last acknowledgement. */
export class Collector {
  readonly #config: CollectorConfig;
  readonly #logger: Logger;
  readonly #exporters: ReadonlyMap<string, Exporter>;
  readonly #graph: Graph;
  readonly #receivers = new Map<string, Receiver>();
  readonly #storages = new Map<string, ReceiverStorage>();
  readonly #statsFile: StatsFile | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #finished: Promise<number>;
  readonly #unrouted = new Set<Signal>();
  #state: Snapshot['state'] = 'running';
  #reading = 0;
  #finish!: (exitCode: number) => void;

  /** Begins to read. @throws Error with a sentence when a component cannot start. */
  constructor(config: CollectorConfig, binding: NativeBinding, logger: Logger, statsFile?: string) {
    this.#config = config;
    this.#logger = logger;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const intake = new Intake((open) => {
      for (const receiver of this.#receivers.values()) open ? receiver.resume() : receiver.pause();
    });
    const { storage } = config.service;
    const shared: SharedContext = { binding, logger, intake, persistent: storage !== undefined };
    // A destination that cannot take more holds up nobody: what comes waits in the journal.
    const aside: SharedContext = { ...shared, intake: storage ? new Intake(() => {}) : intake };
    this.#exporters = buildExporters(config, aside);
    this.#graph = buildGraph(config, this.#exporters, shared, () => this.#finishIfDrained());
    this.#statsFile = statsFile === undefined ? undefined : new StatsFile(statsFile);
    for (const [id, { factory, config: settings, fingerprint }] of config.receivers) {
      const keeping = storage && new ReceiverStorage(id, storage, config, this.#exporters, shared, this.#graph.settled);
      if (keeping !== undefined) this.#storages.set(id, keeping);
      const receiver = factory.create(
        settings,
        {
          id,
          ...shared,
          storage: storage && keeping?.options(...journalDirectory(storage, id, fingerprint, process.env)),
          endIfBusy: storage?.if_locked === 'end',
        },
        {
          onPiece: (piece) => this.#consume(id, piece),
          onBehind: (destination) => keeping?.onBehind(destination),
          onBacklog: (destination, pieces) => keeping?.onBacklog(destination, pieces),
          onStopped: (error) => this.#onReaderEnded(error),
        },
      );
      keeping?.attach(receiver);
      this.#receivers.set(id, receiver);
      this.#reading++;
    }

    // Also keeps the process alive, whatever the receiver's thread does for that.
    this.#timers.push(setInterval(() => this.#writeStats(), STATS_INTERVAL));
    this.#timers.push(setInterval(() => logger.debug(summaryLine(this.#snapshot())), SUMMARY_INTERVAL));
  }

  /** Resolves when everything is over, with the exit code of the process. */
  async run(): Promise<number> {
    const sources = [...this.#receivers.values()].flatMap((receiver) => receiver.sources);
    const targets = [...this.#exporters.values()].map(({ target }) => target);
    this.#logger.info(`reads ${sources.join(', ')}; exports to ${targets.join(', ')}`);
    const exitCode = await this.#finished;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const storage of this.#storages.values()) storage.close();
    this.#graph.close();
    await Promise.all([...this.#exporters.values()].map((exporter) => exporter.close()));
    this.#state = exitCode === 0 ? 'stopped' : 'failed';
    this.#writeStats();
    this.#logger.info(summaryLine(this.#snapshot()));
    return exitCode;
  }

  /** Reads what is there, delivers it, and ends; within the configured limit, whatever is left. */
  stop(reason: string): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    this.#logger.info(`${reason}: delivering what is left, ${this.#limit} ms at most`);
    this.#timers.push(setTimeout(() => this.#giveUp(), this.#limit));
    for (const storage of this.#storages.values()) storage.drain();
    for (const receiver of this.#receivers.values()) receiver.stop();
    this.#graph.flush();
    for (const exporter of this.#exporters.values()) exporter.retryNow();
  }

  get #limit(): number {
    return this.#config.service.shutdown_timeout;
  }

  #consume(id: string, piece: Piece): void {
    const receiver = this.#receivers.get(id);
    const storage = this.#storages.get(id);
    // Refused for good counts as settled: to read it again would change nothing.
    const taken = this.#graph.consume(
      id,
      piece,
      // with a journal each destination acknowledges for itself
      (sequence) => storage ?? receiver?.acknowledge(sequence),
      storage && ((pipeline) => storage.watch(pipeline, piece)),
    );
    if (taken || this.#unrouted.has(piece.signal)) return;
    this.#unrouted.add(piece.signal);
    this.#logger.warn(`no pipeline takes ${piece.signal} of ${id}: they are dropped`);
  }

  #onReaderEnded(error: string | undefined): void {
    if (error !== undefined) {
      this.#logger.error(`the reader thread ended: ${error}`);
      this.#finish(1);
      return;
    }
    this.#reading--;
    this.#graph.flush();
    this.#finishIfDrained();
  }

  #finishIfDrained(): void {
    if (this.#reading === 0 && this.#graph.idle) this.#finish(0);
  }

  #giveUp(): void {
    const exporters = [...this.#exporters.values()];
    if (exporters.every(({ pending }) => pending.size === 0)) {
      this.#logger.error(`the files were not read to their end within ${this.#limit} ms`);
    }
    for (const { target, pending } of exporters) {
      const left: Partial<Record<Signal, number>> = {};
      for (const { signal, items } of pending) left[signal] = (left[signal] ?? 0) + items;
      for (const [signal, items] of Object.entries(left)) {
        this.#logger.error(
          `${target} did not take ${items} ${ITEM_NAMES[signal as Signal]} within ${this.#limit} ms; ` +
            `they stay in the ${this.#storages.size > 0 ? 'journal' : 'files'} and are sent by the next collector`,
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
      receiver: sumOfReceivers([...this.#receivers.values()].map((receiver) => receiver.stats())),
      settled: this.#graph.settled.signals,
      exporters: Object.fromEntries([...this.#exporters].map(([id, exporter]) => [id, exporter.stats().signals])),
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
