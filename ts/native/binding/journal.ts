// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** One of those who have to acknowledge pieces. */
export interface StorageDestination {
  /** What it is known by from one start to the next. */
  name: string;
  signals: readonly ('traces' | 'logs' | 'metrics')[];
}

export interface StorageOptions {
  /** The state directory; made if there is none. */
  directory: string;
  /** Bytes of the whole journal, default 1 GiB. */
  maxSize?: number;
  /** Milliseconds after which pieces are given up, default a day; 0: never. */
  maxAge?: number;
  /** When it is full, read nothing more; else the oldest pieces are given up. */
  refuseWhenFull?: boolean;
  /** Wait after each transaction until it is on the disk. */
  fsync?: boolean;
  /** Wait while another collector has the directory, the default; else end. */
  wait?: boolean;
  /** Read without a journal, with a warning, where the directory cannot be used; else end. */
  optional?: boolean;
  /** They go by their place here in the calls of the receiver. */
  destinations: readonly StorageDestination[];
}

/** Sums over pieces: their bytes, and items by signal. */
export interface Amount {
  pieces: number;
  bytes: number;
  traces: number;
  logs: number;
  metrics: number;
}

export interface JournalStats {
  /** Bytes that its segments take, and how many there are. */
  bytes: number;
  segments: number;
  /** Since the start. */
  transactions: number;
  bytesWritten: number;
  /** Pieces that could not be read back, counted once a destination. */
  piecesDamaged: number;
  /** Milliseconds since the oldest segment was begun from which a destination lacks something; 0 if none lacks anything. */
  oldest: number;
  /** Why nothing is read now, if the journal cannot be written. */
  refusal?: string;
  destinations: DestinationStats[];
}

export interface DestinationStats {
  name: string;
  /** What it neither took nor lost. */
  pending: Amount;
  /** What it lost to the journal's bounds. */
  dropped: Amount;
  /** What was read back for it, instead of being handed over as it was made. */
  replayed: Amount;
  /** What waited for it when the journal was opened. Of this it gets a second time what was in flight when the process before died. */
  found: Amount;
}

/** For tests: how a collector dies at a chosen write. Nothing but these calls leads there. */
export interface JournalCalls {
  /** Names of the places where it can be killed. */
  journalFailPoints(): string[];
  /**
   * What happens at the place after it was passed `passes` times: this process is killed as by `kill -9`, or the thread that comes there,
   * the reader's, panics or stands still. False if there is no such place.
   */
  crashAtFailPoint(name: string, passes: number, crash: 'kill' | 'panic' | 'hang'): boolean;
}
