// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { JournalStats, StorageDestination, StorageOptions } from './journal.js';
import type { MetricStream } from './metric-stream.js';

export interface ReceiverOptions {
  /** Folders to watch, or patterns (`*`, `?`, `[…]`) of folders and files. What does not exist yet is watched for. */
  directories: string[];
  /** Files to read by path, in any mode and of any SDK. */
  files: string[];
  /** Items after which the reader thread hands over a piece at once. */
  maxItems?: number;
  /** Bytes handed over and not yet acknowledged at which reading stops. */
  maxUnacknowledgedBytes?: number;
  maxOpenSpans?: number;
  maxOpenSpanBytes?: number;
  /** How long a slot claimed and never published holds up a file without our extension block. Milliseconds. */
  deadSlotTimeout?: number;
  /** The journal. Without one, records stay in their files until they are acknowledged. */
  storage?: StorageOptions;
  /** What metrics are collected for; each stream gets all of them. Default: `cumulative` alone. Empty: none are read. */
  metricStreams?: MetricStream[];
  /** How often metrics are collected, in milliseconds. Default: as each app's own settings say (OTEL_METRIC_EXPORT_INTERVAL), else 60,000. */
  metricInterval?: number;
  /** Data points after which a piece is handed over; default 8192. */
  maxPoints?: number;
  /** Folder in which streams that are not cumulative keep what was exported. Default: hidden files beside the app's. */
  stateDirectory?: string;
  /** End where another collector reads a file; else wait for that one to end. */
  endIfBusy?: boolean;
  /** Pieces say where their app wants them sent. Default: they do not. */
  trustProducer?: boolean;
  /** Memory for large pieces, which come as `lent` then. Without it, or where it does not do, each comes in a buffer of its own. */
  lent?: Buffer[];
}

/** Encoded ResourceSpans, ResourceLogs or ResourceMetrics of one producer. Pieces joined end to end are an export request. */
export interface Piece {
  /** Number to acknowledge it by; counts up. */
  sequence: number;
  signal: 'traces' | 'logs' | 'metrics';
  body: Buffer;
  /** Spans, log records or data points within. */
  items: number;
  /** A process waits for its records (`forceFlush`): send without waiting for more. */
  urgent: boolean;
  /** Metrics: the temporality with baselines of its own that the points belong to, e.g. `cumulative`. */
  stream?: string;
  /** Where its app wants it sent: the whole address of this signal. Only with `trustProducer`; checked but for its being a URL. */
  endpoint?: string;
}

/** A piece in a buffer that the addon was lent. It stays as it is until that is given back. */
export interface LentPiece extends Omit<Piece, 'body'> {
  /** Number of the buffer, in the order of the options. */
  lent: number;
  /** How many of its bytes are the piece. */
  bytes: number;
}

export type RingName = 'events' | 'spans' | 'measurements';

export interface ReceiverStats {
  filesAttached: number;
  filesSetAside: number;
  filesRemoved: number;
  /** What delta streams had exported of files that went without them, removed. */
  baselinesSwept: number;
  /** Records taken from the rings, by ring. */
  records: Record<RingName, number>;
  /** Spans (incomplete ones included), log records and data points handed over, by signal. */
  items: Record<'traces' | 'logs' | 'metrics', number>;
  spansIncomplete: number;
  spansOpen: number;
  /** Span records whose start is not known: ends, and changes. */
  endsWithoutStart: number;
  changesWithoutStart: number;
  /** Records that could not be decoded, and slots skipped by the dead-slot rule. */
  recordsQuarantined: number;
  /** Records that could not be decoded, by the signal that they would have been of. */
  recordsFailed: Record<'traces' | 'logs' | 'metrics', number>;
  slotsSkipped: number;
  /** Records taken cut, as what they name in the spill ring was not there, or not whole. */
  spillsLost: number;
  /**
   * Parts of records that were taken: attributes, bodies and links left out since they could not be decoded; references to scopes and
   * resources that lead nowhere, an empty one stands in; texts whose bytes were not UTF-8 and became U+FFFD.
   */
  partsUndecodable: Record<'attribute' | 'body' | 'link' | 'reference' | 'text', number>;
  openSpansEvicted: number;
  /** Drops that writers counted in the files seen so far, ring to reason to count; only what is not zero. */
  writerDrops: Partial<Record<RingName, Record<string, number>>>;
  /** Records in the rings of the files being read that are not acknowledged, by ring. */
  ringRecords: Record<RingName, number>;
  /** How full the fullest ring is, 0 to 1, by ring. */
  ringFullest: Record<RingName, number>;
  bytesUnacknowledged: number;
  /** Undefined without a journal. */
  journal?: JournalStats;
  /** Series and instruments in metric cells that cannot be right, counted at each collection. */
  seriesSkipped: number;
}

export type ReceiverEvent =
  | { type: 'piece'; piece: Piece }
  | { type: 'lent'; piece: LentPiece }
  /** Pieces out of the journal, for one destination only; none if nothing waits for it. */
  | { type: 'backlog'; destination: number; pieces: Piece[] }
  /** Pieces began to wait in the journal for a destination that does not hold them. */
  | { type: 'behind'; destination: number }
  /** The journal cannot be used and is optional: pieces are acknowledged as without one. Comes before the first piece. */
  | { type: 'withoutJournal' }
  /** It was told to stop and has read its files to their end: what waits for more records waits in vain. */
  | { type: 'drained' }
  | { type: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string }
  /** `error` is set when the thread crashed: the process should end with it. */
  | { type: 'stopped'; error?: string };

/** The reader thread of a collector. `onEvent` gets one of: a piece, a log line, the end of the thread. */
export interface NativeReceiver {
  /** Every destination has the piece (or it was refused for good): its records may leave the files. */
  acknowledge(sequence: number): void;
  /** Nobody needs any more what is in this lent buffer. */
  giveBackLent(buffer: number): void;
  /** With a journal: one destination has these pieces, or refused them for good. */
  acknowledgeBy(destination: number, sequences: number[]): void;
  /** With a journal: one destination cannot keep these pieces in memory. They wait in the journal until it asks for its backlog. */
  giveBack(destination: number, sequences: number[]): void;
  /** With a journal: asks for the oldest pieces that wait for a destination, about so many bytes. A 'backlog' event follows. */
  backlog(destination: number, maxBytes: number): void;
  /**
   * With a journal: other destinations from now on. Those whose names are known keep their places, new ones get the next places (in this
   * order) and start at now; what waits for the others is given up.
   */
  setDestinations(destinations: readonly StorageDestination[]): void;
  stats(): ReceiverStats;
  /** Hand over what is assembled now, even if small. */
  flush(): void;
  /** Watches other folders and files from now on. What is being read is read to its end. */
  watch(directories: string[], files: string[]): void;
  /**
   * Collects metrics for these streams from the next collection on. A stream whose name was there before keeps what it exported; with
   * other rules its merged series begin anew. @throws Error naming an expression that is none.
   */
  setMetricStreams(streams: MetricStream[]): void;
  /** Milliseconds since the thread last came round: a few, unless a file system does not answer. */
  silence(): number;
  /** Reads nothing more until `resume`. Heartbeats, acknowledgements and what the other calls ask for go on. */
  pause(): void;
  resume(): void;
  /** Read what is there, hand it over, then end the thread. 'stopped' follows as the last event. */
  stop(): void;
}

/** A collector's way in. */
export interface ReceiverCalls {
  createReceiver(options: ReceiverOptions, onEvent: (event: ReceiverEvent) => void): NativeReceiver;
}
