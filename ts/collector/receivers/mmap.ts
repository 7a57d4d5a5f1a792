// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import type { LentPiece, MetricStream, NativeReceiver, Piece, ReceiverStats, StorageDestination } from '../../native/binding.js';
import { SIGNALS } from '../batch.js';
import { duration, flag, number, text } from '../config/schema/scalar.js';
import type { Read } from '../config/schema/schema.js';
import { list, object } from '../config/schema/structure.js';
import { bufferCollector } from '../memory.js';
import type { Receiver, ReceiverContext, ReceiverFactory, ReceiverHandlers } from '../pipeline/component.js';

const config = object({
  /** Folders to watch; the default ones when it is left out. */
  include: list(text({ required: true, nonEmpty: true })),
  /** Files to read by path; they are never removed. */
  files: list(text({ required: true, nonEmpty: true })),
  /** How often metrics are collected; as each app's own settings say when it is left out. */
  collection_interval: duration({ min: 1 }),
  /** Exporters that are told no address send where the apps say. */
  trust_producer: flag({ default: false }),
  /** Data points after which a request is cut. */
  max_points: number({ min: 1 }),
});

type MmapConfig = Read<typeof config>;

export const mmapReceiver: ReceiverFactory<MmapConfig> = {
  type: 'mmap',
  summary: "the telemetry files of this machine's processes",
  signals: SIGNALS,
  config,
  trustsApps: ({ trust_producer }) => trust_producer,
  create: (settings, context, handlers) => new MmapReceiver(settings, context, handlers),
};

/** Bytes of each buffer lent to the reader thread: a piece of 8192 data points with some attributes fits. */
const LENT_BYTES = 2 << 20;
/** How many: those of pieces on their way while destinations keep up. Their memory is taken when it is used for the first time. */
const LENT_BUFFERS = 8;

/** The files, read by a thread of the native addon. */
class MmapReceiver implements Receiver<MmapConfig> {
  sources: readonly string[] = [];
  readonly #context: ReceiverContext;
  readonly #native: NativeReceiver;
  readonly #memory = Array.from({ length: LENT_BUFFERS }, () => Buffer.allocUnsafeSlow(LENT_BYTES));
  /** By the number of a piece, the lent buffer that it is in. */
  readonly #lent = new Map<number, number>();
  #trusts: boolean;

  /** Begins to read. @throws Error with a sentence of the addon when the options cannot be right. */
  constructor(config: MmapConfig, context: ReceiverContext, handlers: ReceiverHandlers) {
    const { onPiece, onBehind, onBacklog, onWithoutJournal, onDrained, onStopped } = handlers;
    const { storage, endIfBusy, metricStreams } = context;
    const metrics = { metricStreams, metricInterval: config.collection_interval, maxPoints: config.max_points };
    const handed = bufferCollector(context.binding);
    this.#context = context;
    this.#trusts = config.trust_producer;
    this.#native = context.binding.createReceiver(
      { ...this.#sourcesOf(config), ...metrics, storage, endIfBusy, trustProducer: config.trust_producer, lent: this.#memory },
      (event) => {
        if (event.type === 'lent') onPiece(this.#trusted(this.#borrowed(event.piece)));
        else if (event.type === 'piece') {
          handed(event.piece.body.length);
          onPiece(this.#trusted(event.piece));
        } else if (event.type === 'backlog') onBacklog?.(event.destination, event.pieces.map(this.#trusted));
        else if (event.type === 'behind') onBehind?.(event.destination);
        else if (event.type === 'withoutJournal') onWithoutJournal?.();
        else if (event.type === 'drained') onDrained();
        else if (event.type === 'log') context.logger.log(event.level, event.message);
        else onStopped(event.error);
      },
    );
  }

  configure(config: MmapConfig): void {
    const { directories, files } = this.#sourcesOf(config);
    this.#native.watch(directories, files);
    this.#trusts = config.trust_producer;
    this.#native.setTrustProducer(this.#trusts);
  }

  setMetricStreams(streams: MetricStream[]): void {
    this.#native.setMetricStreams(streams);
  }

  silence(): number {
    return this.#native.silence();
  }

  acknowledge(sequence: number): void {
    this.#native.acknowledge(sequence);
  }

  release(sequence: number): void {
    const buffer = this.#lent.get(sequence);
    if (buffer === undefined) return;
    this.#lent.delete(sequence);
    this.#native.giveBackLent(buffer);
  }

  acknowledgeBy(destination: number, sequences: number[]): void {
    this.#native.acknowledgeBy(destination, sequences);
  }

  giveBack(destination: number, sequences: number[]): void {
    this.#native.giveBack(destination, sequences);
  }

  backlog(destination: number, maxBytes: number): void {
    this.#native.backlog(destination, maxBytes);
  }

  setDestinations(destinations: readonly StorageDestination[]): void {
    this.#native.setDestinations(destinations);
  }

  flush(): void {
    this.#native.flush();
  }

  pause(): void {
    this.#native.pause();
  }

  resume(): void {
    this.#native.resume();
  }

  stats(): ReceiverStats {
    return this.#native.stats();
  }

  stop(): void {
    this.#native.stop();
  }

  /** What was read, or is in the journal from a time, when apps were trusted is not followed any longer than they are. */
  readonly #trusted = (piece: Piece): Piece =>
    this.#trusts || piece.endpoint === undefined ? piece : { ...piece, endpoint: undefined };

  #borrowed({ lent, bytes, ...piece }: LentPiece): Piece {
    this.#lent.set(piece.sequence, lent);
    return { ...piece, body: this.#memory[lent].subarray(0, bytes) };
  }

  #sourcesOf({ include, files = [] }: MmapConfig): { directories: string[]; files: string[] } {
    const { binding, logger } = this.#context;
    const directories = include ?? (files.length > 0 ? [] : binding.defaultDirectories());
    this.sources = [...directories, ...files];
    for (const file of files) {
      if (!existsSync(file)) logger.warn(`${file} does not exist; it is read as soon as it does`);
    }
    return { directories, files };
  }
}
