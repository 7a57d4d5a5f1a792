// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import type { MetricStream, NativeReceiver, ReceiverStats, StorageDestination } from '../../native/binding.js';
import { SIGNALS } from '../batch.js';
import { duration, flag, number, path } from '../config/schema/scalar.js';
import type { Read } from '../config/schema/schema.js';
import { list, object } from '../config/schema/structure.js';
import { bufferCollector } from '../memory.js';
import type { Receiver, ReceiverContext, ReceiverFactory, ReceiverHandlers } from '../pipeline/component.js';

const config = object({
  /** Folders to watch; the default ones when it is left out. */
  include: list(path({ required: true })),
  /** Files to read by path; they are never removed. */
  files: list(path({ required: true })),
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

/** The files, read by a thread of the native addon. */
class MmapReceiver implements Receiver<MmapConfig> {
  sources: readonly string[] = [];
  readonly #context: ReceiverContext;
  readonly #native: NativeReceiver;
  readonly #started: MmapConfig;

  /** Begins to read. @throws Error with a sentence of the addon when the options cannot be right. */
  constructor(config: MmapConfig, context: ReceiverContext, handlers: ReceiverHandlers) {
    const { onPiece, onBehind, onBacklog, onWithoutJournal, onDrained, onStopped } = handlers;
    const { storage, endIfBusy, metricStreams } = context;
    const metrics = { metricStreams, metricInterval: config.collection_interval, maxPoints: config.max_points };
    const handed = bufferCollector(context.binding);
    this.#context = context;
    this.#started = config;
    this.#native = context.binding.createReceiver(
      // Whether it is followed is up to the exporters that a configuration has, which may be another before this is sent.
      { ...this.#sourcesOf(config), ...metrics, storage, endIfBusy, trustProducer: true },
      (event) => {
        if (event.type === 'piece') {
          handed(event.piece.body.length);
          onPiece(event.piece);
        } else if (event.type === 'backlog') onBacklog?.(event.destination, event.pieces);
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
    for (const key of ['collection_interval', 'max_points'] as const) {
      if (config[key] === this.#started[key]) continue;
      this.#context.logger.warn(`receivers.${this.#context.id}.${key}: the change takes effect at the next start`);
    }
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
