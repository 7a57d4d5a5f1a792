// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type {
  MetricStream,
  NativeBinding,
  Piece,
  ReceiverStats,
  StorageDestination,
  StorageOptions,
} from '../../native/binding.js';
import type { Batch, Signal } from '../batch.js';
import type { Schema } from '../config/schema/schema.js';
import type { Logger } from '../logger.js';
import type { ExporterStats } from '../telemetry/counters.js';
import type { Measurement } from '../telemetry/registry.js';
import type { Intake } from './intake.js';

/** What every component is given when it is made. */
export interface ComponentContext {
  /** Name in the configuration: a type, or a type and a name of the user's, as in `otlphttp/eu`. */
  id: string;
  binding: NativeBinding;
  logger: Logger;
  /** Holds back the receivers: back-pressure ends in the files. */
  intake: Intake;
  /** What is not delivered waits in a journal: nothing is given up because of the time that it takes. */
  persistent?: boolean;
}

/** Takes batches. Returns at once; whoever cannot go on holds the intake. */
export interface Consumer {
  consume(batch: Batch): void;
}

/** One step of one pipeline. Everything that it is given it hands on, now or later, or drops by its receipts. */
export interface Processor extends Consumer {
  /** Hands on what it holds, since somebody waits or the collector stops. More may come after. */
  flush?(): void;
  /** The pipeline is over and was flushed: lets go of timers and memory. */
  close?(): void;
  /** Counts for the collector's own metrics, read when somebody asks. */
  stats?(): readonly Measurement[];
}

/** Where what a destination had not sent goes; resolves as `deliver`. */
export type Onward = (batch: Batch) => Promise<boolean>;

/** A destination, shared by all pipelines that name it. */
export interface Exporter {
  /** Name with the place it writes to, for messages; holds no secret. */
  readonly target: string;
  /** Batches not settled yet: queued, in flight, or waiting for another attempt. */
  readonly pending: ReadonlySet<Batch>;
  /** It sends each part where its app wants it. Batches of one `endpoint` are settled soonest. */
  readonly followsApps?: boolean;
  /** It has enough to do for now; what comes all the same it takes. */
  readonly full?: boolean;
  /** Opens what it needs. Rejects with a sentence when the collector cannot start with it, as for a folder that cannot be written. */
  start?(): Promise<void>;
  /** Lets go of what a successor cannot have at the same time, as a port; `start` takes it again when that one cannot start. */
  release?(): Promise<void>;
  /** Resolves when the batch is settled: true if the destination has it, false if it refused it for good. Never rejects. */
  deliver(batch: Batch): Promise<boolean>;
  /** Ends waits between attempts, except those that the destination asked for. */
  retryNow(): void;
  /** Counts for the collector's own metrics, read when somebody asks. */
  stats(): ExporterStats;
  /**
   * A new configuration is in force that has this destination otherwise, or not at all (`onward` is undefined then). Attempts that are
   * under way end; everything else, and what comes all the same, goes to `onward` and is settled as that says, or is given up and counted.
   * Resolves when nothing is pending any more.
   */
  retire(onward: Onward | undefined): Promise<void>;
  /** Lets go of connections and files. Nothing is delivered after. */
  close(): Promise<void>;
}

export interface ReceiverHandlers {
  onPiece(piece: Piece): void;
  /** With a journal: something waits in it for a destination. */
  onBehind?(destination: number): void;
  /** With a journal: what a destination asked for; nothing if nothing waits for it. */
  onBacklog?(destination: number, pieces: readonly Piece[]): void;
  /** The journal that was asked for cannot be used, and nobody insisted on it. */
  onWithoutJournal?(): void;
  /** It was told to stop, and all that was there has been handed over: what waits for more is to go. */
  onDrained(): void;
  /** It reads no more; with `error`, because it crashed. Nothing follows. */
  onStopped(error: string | undefined): void;
}

/** Where pieces come from. */
export interface Receiver<Config = unknown> {
  /** What it reads, for messages. */
  readonly sources: readonly string[];
  /** Another configuration of the same section is in force. What is being read is read to its end. */
  configure(config: Config): void;
  /** What metrics are collected for from now on. */
  setMetricStreams?(streams: MetricStream[]): void;
  /** Milliseconds for which it gave no sign of life, where it is asked whether it lives. */
  silence(): number;
  /** Everything in these pieces is settled: their records may leave the files. */
  acknowledge(sequence: number): void;
  /** Nobody holds the bytes of this piece any more, whether or not it is acknowledged. */
  release?(sequence: number): void;
  /** With a journal, whose destinations go by their numbers: see `NativeReceiver`. */
  acknowledgeBy?(destination: number, sequences: number[]): void;
  giveBack?(destination: number, sequences: number[]): void;
  backlog?(destination: number, maxBytes: number): void;
  setDestinations?(destinations: readonly StorageDestination[]): void;
  /** Hands over what is assembled, even if little. */
  flush(): void;
  /** Reads nothing until `resume`; what it is told meanwhile it does. */
  pause(): void;
  resume(): void;
  /** Counts for the collector's own metrics. */
  stats(): ReceiverStats;
  /** Reads what is there, then ends; `onStopped` follows. */
  stop(): void;
}

export interface ReceiverContext extends ComponentContext {
  /** The journal to keep; undefined: none. */
  storage: StorageOptions | undefined;
  /** What metrics are collected for. */
  metricStreams: MetricStream[];
  /** Ends where another collector reads a file; else waits for that one to end. */
  endIfBusy: boolean;
}

/** What a type of component is: one object for each, listed in components.ts. */
interface Factory<Config> {
  /** Name in the configuration. */
  readonly type: string;
  /** Other names by which configurations know it. */
  readonly aliases?: readonly string[];
  /** One line for the list of components. */
  readonly summary: string;
  /** Keys, defaults and checks of its section. */
  readonly config: Schema<Config>;
}

/** What a type of component in pipelines is. */
interface PipelineFactory<Config> extends Factory<Config> {
  readonly signals: readonly Signal[];
}

export interface ReceiverFactory<Config = unknown> extends PipelineFactory<Config> {
  /** Whether its pieces say where their apps want them sent. */
  readonly trustsApps?: (config: Config) => boolean;
  /** Begins to read. @throws Error with a sentence when it cannot. */
  create(config: Config, context: ReceiverContext, handlers: ReceiverHandlers): Receiver<Config>;
}

export interface ProcessorContext extends ComponentContext {
  signal: Signal;
  /** The step after this one. */
  next: Consumer;
  /** Place among the processors of its pipeline, from 0. */
  position: number;
  /** The pipeline, as in `traces/2`. */
  pipeline: string;
}

export interface ProcessorFactory<Config = unknown> extends PipelineFactory<Config> {
  /** What it asks of the receivers of its pipeline's metrics, which do that before they encode. */
  readonly metricStream?: (config: Config) => Partial<MetricStream>;
  create(config: Config, context: ProcessorContext): Processor;
}

export interface ExporterFactory<Config = unknown> extends PipelineFactory<Config> {
  /** Whether it is told no address, and needs a receiver that trusts its apps for some. */
  readonly followsApps?: (config: Config) => boolean;
  create(config: Config, context: ComponentContext): Exporter;
}

/** Something beside the pipelines. */
export interface Extension {
  /** Rejects with a sentence when it cannot do its work, as for a port in use. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** How a collector is. */
export interface CollectorStatus {
  /** Why it does not do its work; undefined while it does. */
  fault: string | undefined;
  /** Milliseconds since it began to. */
  uptime: number;
}

export interface ExtensionContext {
  id: string;
  logger: Logger;
  status: () => CollectorStatus;
}

export interface ExtensionFactory<Config = unknown> extends Factory<Config> {
  create(config: Config, context: ExtensionContext): Extension;
}
