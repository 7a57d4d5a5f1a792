// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece, ReceiverStats } from '../native/binding.js';
import type { CollectorConfig } from './config/collector-config.js';
import type { Deployment, DeploymentContext } from './deployment.js';
import type { Receiver } from './pipeline/component.js';
import type { Graph } from './pipeline/graph.js';
import { metricStreamsOf } from './pipeline/metric-streams.js';
import { ReceiverStorage } from './storage/receiver-storage.js';
import { IntakeCounts } from './telemetry/intake-counts.js';
import { journalMeasurements } from './telemetry/journal-measurements.js';
import { receiverMeasurements } from './telemetry/measurements.js';
import { PastCounts } from './telemetry/past-counts.js';
import { PastReceivers } from './telemetry/past-receivers.js';
import type { Measurement } from './telemetry/registry.js';

export interface ReceptionContext extends DeploymentContext {
  env: NodeJS.ProcessEnv;
  /** A receiver reads no more; with `error`, because it crashed. */
  onEnded: (error: string | undefined) => void;
}

/** A receiver with what it needs, for as long as it runs. */
interface Place {
  receiver: Receiver;
  /** Undefined without a journal. */
  storage: ReceiverStorage | undefined;
}

/** One that the configuration has no more. What its files hold goes into the pipelines that it had. */
interface Leaving extends Place {
  graph: Graph;
  /** It has handed over everything. */
  onDrained: () => void;
}

/** The receivers of a run: those of the configuration in force, and those of one before that have not ended yet. */
export class Reception {
  readonly #context: ReceptionContext;
  readonly #places = new Map<string, Place>();
  readonly #leaving = new Map<string, Leaving>();
  readonly #counts = new IntakeCounts();
  readonly #pastCounts = new PastCounts();
  readonly #pastReceivers = new PastReceivers();
  readonly #unrouted = new Set<string>();
  #deployment!: Deployment;
  #reading = 0;
  #stopping = false;

  constructor(context: ReceptionContext) {
    this.#context = context;
  }

  /** Some have not ended. */
  get reading(): boolean {
    return this.#reading > 0;
  }

  /** What is read, for messages. */
  get sources(): string[] {
    return [...this.#places.values()].flatMap(({ receiver }) => receiver.sources);
  }

  /** What is not delivered waits in a journal. */
  get hasJournal(): boolean {
    return [...this.#places.values()].some(({ storage }) => storage !== undefined);
  }

  /** Begins to read for the first configuration. @throws Error with a sentence when a receiver cannot start. */
  start(deployment: Deployment): void {
    this.#deployment = deployment;
    this.#receive();
  }

  /**
   * Another configuration is in force: pieces go into its pipelines from here on. Resolves when receivers that it does not have any more
   * have handed over what their files hold, into the pipelines that they had. @throws as `start`.
   */
  change(next: Deployment): Promise<unknown> {
    const previous = this.#deployment;
    this.#deployment = next;
    const used = receiversOf(next.config);
    const out = [...this.#places].filter(([id]) => !used.has(id));
    const drained = out.map(([id, place]) => this.#takeOut(id, place, previous.graph));
    this.#receive(previous.config);
    return Promise.all(drained);
  }

  /** Lets pieces in, or none. */
  setOpen(open: boolean): void {
    this.#counts.setOpen(open);
    for (const { receiver } of this.#places.values()) open ? receiver.resume() : receiver.pause();
  }

  /** A receiver whose thread has not come round for longer than this many milliseconds. */
  silent(longest: number): [id: string, receiver: Receiver] | undefined {
    return this.#all.find(([, receiver]) => receiver.silence() > longest);
  }

  flush(): void {
    for (const [, receiver] of this.#all) receiver.flush();
  }

  /** Has everything read to its end; with a journal, what waits in it is delivered if there is time. */
  stop(): void {
    this.#stopping = true;
    for (const storage of this.#storages) storage.drain();
    for (const { receiver } of this.#places.values()) receiver.stop();
  }

  /** What waits in journals waits for the next start. */
  close(): void {
    for (const storage of this.#storages) storage.close();
  }

  measurements(): Measurement[] {
    const running = this.#all;
    return [
      ...this.#counts.measurements(running.map(([id]) => id)),
      ...[...this.#places, ...this.#leaving].flatMap(([id, place]) => measurementsOf(id, place)),
      ...this.#pastCounts.all,
    ];
  }

  /** The counts of all together, those that have ended among them. */
  stats(): ReceiverStats {
    return this.#pastReceivers.sumWith(this.#all.map(([, receiver]) => receiver.stats()));
  }

  get #all(): [id: string, receiver: Receiver][] {
    return [...this.#places, ...this.#leaving].map(([id, { receiver }]) => [id, receiver]);
  }

  get #storages(): ReceiverStorage[] {
    return [...this.#places.values(), ...this.#leaving.values()].flatMap(({ storage }) => storage ?? []);
  }

  #takeOut(id: string, place: Place, graph: Graph): Promise<void> {
    return new Promise((onDrained) => {
      this.#places.delete(id);
      this.#leaving.set(id, { ...place, graph, onDrained });
      place.receiver.stop();
    });
  }

  /**
   * Receivers as the configuration has them: those that are there go on with what has changed, others begin. One whose predecessor has not
   * ended, and has its files and its journal, begins when that has.
   */
  #receive(previous?: CollectorConfig): void {
    const { config } = this.#deployment;
    for (const id of receiversOf(config)) {
      const place = this.#places.get(id);
      if (this.#leaving.has(id)) continue;
      if (place === undefined) {
        this.#begin(id, previous === undefined);
        continue;
      }
      const { config: settings, fingerprint } = config.receivers.get(id)!;
      this.#update(id, place);
      if (previous?.receivers.get(id)?.fingerprint !== fingerprint) place.receiver.configure(settings);
      place.receiver.setMetricStreams?.(metricStreamsOf(config, id));
    }
  }

  /** Other destinations; what those that are gone had counted stays. */
  #update(id: string, { receiver, storage }: Place): void {
    if (storage === undefined) return;
    const before = journalMeasurements(id, receiver.stats().journal);
    const { config, exporters } = this.#deployment;
    storage.update(config, exporters);
    this.#pastCounts.add(before.filter(({ labels }) => !isOf(storage, labels?.destination)));
  }

  #begin(id: string, isFirst: boolean): void {
    const { config, exporters } = this.#deployment;
    const { factory, config: settings, fingerprint } = config.receivers.get(id)!;
    const { storage: wanted } = config.service;
    const storage = wanted && new ReceiverStorage(id, config, exporters, this.#context);
    const receiver = factory.create(
      settings,
      {
        id,
        ...this.#context,
        storage: storage?.options(fingerprint, this.#context.env),
        metricStreams: metricStreamsOf(config, id),
        // After a change, the other one may be a receiver of this collector that has not ended yet.
        endIfBusy: isFirst && wanted?.if_locked === 'end',
      },
      {
        onPiece: (piece) => this.#consume(id, place, piece),
        onBehind: (destination) => storage?.onBehind(destination),
        onBacklog: (destination, pieces) => storage?.onBacklog(destination, pieces),
        onWithoutJournal: () => {
          place.storage = undefined;
        },
        onDrained: () => {
          this.#deployment.graph.flush();
          this.#leaving.get(id)?.onDrained();
        },
        onStopped: (error) => this.#onStopped(id, place, error),
      },
    );
    const place: Place = { receiver, storage };
    storage?.attach(receiver);
    this.#places.set(id, place);
    this.#reading++;
    if (!this.#context.intake.open) receiver.pause();
  }

  #consume(id: string, { receiver, storage }: Place, piece: Piece): void {
    const graph = this.#leaving.get(id)?.graph ?? this.#deployment.graph;
    // Refused for good counts as settled: to read it again would change nothing.
    const taken = graph.consume(
      id,
      piece,
      (sequence) => {
        receiver.release?.(sequence);
        // with a journal each destination acknowledges for itself
        if (storage === undefined) receiver.acknowledge(sequence);
      },
      storage && ((pipeline) => storage.watch(pipeline, piece)),
    );
    this.#counts.add(id, piece.signal, piece.items, taken);
    if (taken || this.#unrouted.has(`${id} ${piece.signal}`)) return;
    this.#unrouted.add(`${id} ${piece.signal}`);
    this.#context.logger.warn(`no pipeline takes ${piece.signal} of ${id}: they are dropped`);
  }

  #onStopped(id: string, { receiver, storage }: Place, error: string | undefined): void {
    this.#reading--;
    const leaving = this.#leaving.get(id);
    if (leaving !== undefined) {
      leaving.onDrained();
      storage?.close();
      this.#leaving.delete(id);
      this.#pastCounts.add(measurementsOf(id, leaving));
      this.#pastReceivers.add(receiver.stats());
      this.#context.logger.info(`${id} is no longer in force and has ended`);
      this.#beginAgain(id);
    }
    this.#context.onEnded(error);
  }

  /** One that came back while it was leaving. */
  #beginAgain(id: string): void {
    if (this.#stopping || !receiversOf(this.#deployment.config).has(id)) return;
    try {
      this.#begin(id, false);
    } catch (error) {
      this.#context.logger.error(`receivers.${id}: ${(error as Error).message}`);
    }
  }
}

/** Names of the receivers that any pipeline takes from. */
function receiversOf({ pipelines }: CollectorConfig): Set<string> {
  return new Set([...pipelines.values()].flatMap(({ receivers }) => receivers));
}

/** What a receiver counts, and its journal. */
function measurementsOf(id: string, { receiver, storage }: Place): Measurement[] {
  const stats = receiver.stats();
  const journal = journalMeasurements(id, stats.journal);
  // The thread may not have heard yet that a destination is gone.
  const known = journal.filter(({ labels }) => isOf(storage, labels?.destination));
  return [...receiverMeasurements(id, stats), ...known, ...(storage?.measurements() ?? [])];
}

/** Whether a count is of a destination that there is, or of none. */
function isOf(storage: ReceiverStorage | undefined, destination: string | undefined): boolean {
  return destination === undefined || storage?.knows(destination) === true;
}
