// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece, StorageOptions } from '../../native/binding.js';
import type { CollectorConfig } from '../config/collector-config.js';
import { buildPipeline, type SharedContext } from '../pipeline/build.js';
import type { Exporter, Receiver } from '../pipeline/component.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { ReceiptWatch } from '../pipeline/receipt.js';
import { pipelineMeasurements } from '../telemetry/measurements.js';
import { PastCounts } from '../telemetry/past-counts.js';
import type { Measurement } from '../telemetry/registry.js';
import { DestinationNumbers, destinationsOf, type Route, routesOf } from './destinations.js';
import { journalDirectory } from './directory.js';
import { Replay } from './replay.js';
import type { StorageSettings } from './settings.js';

/** Bytes as they are read that all destinations of a receiver hold in memory together; more waits in the journal. */
const LIVE_BYTES = 64 * 1024 * 1024;
/** Each destination may hold at least this, however many there are. */
const LEAST_BYTES = 4 * 1024 * 1024;

interface Way extends Route {
  sink: Exporter;
  /** Bytes of fresh pieces that it holds. */
  held: number;
  replay: Replay;
  /** Processors of its own, and this exporter alone; made when something waits for the first time. */
  ownPipeline: Pipeline | undefined;
  /** Sequence numbers to be acknowledged together. */
  done: number[];
}

/**
 * What stands between a receiver with a journal and the pipelines: which destination holds which piece. A destination that is
 * behind gives back what is new, at once, and gets it from the journal when it has time; the others go on.
 */
export class ReceiverStorage {
  readonly #id: string;
  readonly #settings: NonNullable<StorageSettings>;
  readonly #shared: SharedContext;
  readonly #numbers = new DestinationNumbers();
  readonly #ways = new Map<string, Way>();
  /** What pipelines of replays had counted that are closed. */
  readonly #pastCounts = new PastCounts();
  #config: CollectorConfig;
  #receiver: Receiver | undefined;

  constructor(
    id: string,
    config: CollectorConfig & { service: { storage?: StorageSettings } },
    exporters: ReadonlyMap<string, Exporter>,
    shared: SharedContext,
  ) {
    this.#id = id;
    this.#settings = config.service.storage!;
    this.#shared = shared;
    this.#config = config;
    this.#setWays(exporters);
  }

  /** What the receiver's journal is opened with. */
  options(fingerprint: string, env: NodeJS.ProcessEnv): StorageOptions {
    const [directory, optional] = journalDirectory(this.#settings, this.#id, fingerprint, env);
    const { max_size, max_age, on_full, fsync, if_locked } = this.#settings;
    return {
      directory,
      maxSize: max_size,
      maxAge: max_age,
      refuseWhenFull: on_full === 'refuse',
      fsync,
      wait: if_locked === 'wait',
      optional,
      destinations: this.#destinations(),
    };
  }

  attach(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** Other pipelines or exporters from now on. */
  update(config: CollectorConfig, exporters: ReadonlyMap<string, Exporter>): void {
    this.#config = config;
    this.#setWays(exporters);
    this.#receiver?.setDestinations?.(this.#destinations());
  }

  /** One of its destinations now is this. */
  knows(destination: string): boolean {
    return this.#ways.has(destination);
  }

  /** How a fresh piece fares in one pipeline, for its receipt. */
  watch(pipeline: Pipeline, piece: Piece): ReceiptWatch {
    const bytes = piece.body.length;
    const ways = this.#waysOf(pipeline.name);
    const skipped = new Set<number>();
    const allowance = this.#allowance;
    for (const way of ways) {
      if (way.held === 0 || (way.held + bytes <= allowance && way.sink.full !== true)) {
        way.held += bytes;
      } else {
        skipped.add(way.place);
        this.#giveBack(way, piece.sequence);
      }
    }
    return {
      skipped,
      onExporter: (place) => {
        const way = ways.find((candidate) => candidate.place === place);
        if (way === undefined) return;
        way.held -= bytes;
        this.#acknowledge(way, piece.sequence);
        way.replay.pump();
      },
    };
  }

  /** Something waits in the journal for this destination. */
  onBehind(number: number): void {
    this.#wayOf(number)?.replay.begin();
  }

  onBacklog(number: number, pieces: readonly Piece[]): void {
    const way = this.#wayOf(number);
    if (way !== undefined) way.replay.receive(pieces);
    // of a destination that is gone: nobody acknowledges it, and the journal does not wait for that
  }

  /** The collector stops: what waits is delivered if there is time for it. */
  drain(): void {
    for (const { replay } of this.#ways.values()) replay.drain();
  }

  /** What waits now waits for the next start. */
  close(): void {
    for (const way of this.#ways.values()) this.#end(way);
  }

  /** What processors count of pieces out of the journal: each destination's go through some of their own. */
  measurements(): Measurement[] {
    const pipelines = [...this.#ways.values()].flatMap(({ ownPipeline }) => ownPipeline ?? []);
    return [...pipelines.flatMap(pipelineMeasurements), ...this.#pastCounts.all];
  }

  #end(way: Way): void {
    way.replay.stop();
    this.#close(way);
  }

  #close(way: Way): void {
    const { ownPipeline } = way;
    if (ownPipeline === undefined) return;
    ownPipeline.close();
    this.#pastCounts.add(pipelineMeasurements(ownPipeline));
    way.ownPipeline = undefined;
  }

  get #allowance(): number {
    return Math.max(LIVE_BYTES / Math.max(this.#ways.size, 1), LEAST_BYTES);
  }

  #setWays(exporters: ReadonlyMap<string, Exporter>): void {
    const routes = routesOf(this.#config, this.#id);
    this.#numbers.set(routes.map(({ name }) => name));
    const before = new Map(this.#ways);
    this.#ways.clear();
    for (const route of routes) {
      const sink = exporters.get(route.exporter)!;
      const known = before.get(route.name);
      before.delete(route.name);
      if (known !== undefined) {
        known.ownPipeline?.flush();
        this.#close(known);
        this.#ways.set(route.name, Object.assign(known, route, { sink, ownPipeline: undefined }));
        continue;
      }
      const way: Way = { ...route, sink, held: 0, ownPipeline: undefined, done: [], replay: undefined as never };
      way.replay = new Replay(this.#settings.replay_rate, {
        ask: (maxBytes) => this.#receiver?.backlog?.(this.#numbers.of(way.name)!, maxBytes),
        hasRoom: () => way.held <= this.#allowance / 2 && way.sink.full !== true,
        send: (piece, onSettled) => this.#replay(way, piece, onSettled),
      });
      this.#ways.set(route.name, way);
    }
    for (const way of before.values()) this.#end(way);
  }

  #destinations() {
    return destinationsOf(this.#config, [...this.#ways.values()]);
  }

  #waysOf(pipeline: string): Way[] {
    return [...this.#ways.values()].filter((way) => way.pipeline === pipeline);
  }

  #wayOf(number: number): Way | undefined {
    return [...this.#ways.values()].find(({ name }) => this.#numbers.of(name) === number);
  }

  /** A piece out of the journal goes through processors of its own to this one destination. */
  #replay(way: Way, piece: Piece, onSettled: () => void): void {
    way.ownPipeline ??= buildPipeline(this.#config, way.pipeline, [way.sink], this.#shared);
    // A piece counts as exported once, with the first destination of its signal.
    const ofSignal = ({ pipeline }: Way) => this.#config.pipelines.get(pipeline)?.signal === piece.signal;
    const counts = [...this.#ways.values()].find(ofSignal) === way;
    way.ownPipeline.consume(piece, (failed) => {
      if (counts) this.#shared.settled.add(piece.signal, piece.items, failed);
      this.#acknowledge(way, piece.sequence);
      onSettled();
    });
  }

  #acknowledge(way: Way, sequence: number): void {
    if (way.done.length === 0) queueMicrotask(() => this.#flushDone(way));
    way.done.push(sequence);
  }

  #flushDone(way: Way): void {
    const sequences = way.done;
    way.done = [];
    const number = this.#numbers.of(way.name);
    if (number !== undefined) this.#receiver?.acknowledgeBy?.(number, sequences);
  }

  #giveBack(way: Way, sequence: number): void {
    this.#receiver?.giveBack?.(this.#numbers.of(way.name)!, [sequence]);
    way.replay.begin();
  }
}
