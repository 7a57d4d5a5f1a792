// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

export interface DumpOptions {
  /** Also spans that are still open. */
  all: boolean;
  signals: ('traces' | 'logs' | 'metrics')[];
}

/** An encoded export request that nobody has to acknowledge. */
export interface SeenPiece {
  signal: 'traces' | 'logs' | 'metrics';
  body: Buffer;
  items: number;
}

/** A ring at one moment. Other processes go on meanwhile. */
export interface RingView {
  name: 'events' | 'spans' | 'measurements';
  /** File offset; only of `inspect`. */
  offset?: number;
  /** Undefined in files without our block; only of `inspect`. */
  state?: 'open' | 'closed' | 'none';
  buffers: number;
  bufferSize: number;
  /** Index of the last record read, and of the last one claimed; −1 at first. */
  readerIndex: number;
  writerIndex: number;
  /** Records that wait for the reader, and those of them that are claimed and not published. */
  unread: number;
  unpublished: number;
}

/** Who wrote a file. Ids are hexadecimal; `made` is in milliseconds since the Unix epoch. */
export interface FileIdentity {
  streamId: string;
  generation: number;
  fileId: string;
  mode: 'directory' | 'single_file' | 'unknown';
  serviceName: string;
  pid: number;
  pidNamespace: number;
  bootId: string;
  made: number;
  pageSize: number;
  features: string[];
}

/** A reader as it tells of itself; slot 0 is the one that moves the indices. Times are milliseconds since the Unix epoch. */
export interface ReaderView {
  slot: number;
  pid: number;
  heartbeat: number;
  acknowledgedEpoch: number;
}

/** The extension block. */
export interface BlockView {
  identity: FileIdentity;
  cellsState: 'open' | 'closed' | 'none';
  resourceSettled: boolean;
  /** OTLP JSON of an export request whose one resource is the file's. */
  resource?: string;
  settings: Record<string, string>;
  flushEpoch: number;
  /** Milliseconds since the Unix epoch; 0: no commit yet. */
  lastCommit: number;
  spillOffset: number;
  spillLength: number;
  spillUsed: number;
  /** Ring name to reason name to count; only what is not zero. */
  drops: Record<string, Record<string, number>>;
  readers: ReaderView[];
}

export interface CellsView {
  instruments: number;
  series: number;
  /** Cells that cannot be right. */
  skipped: number;
}

/** Everything about a file that is not its records. */
export interface Inspection {
  path: string;
  length: number;
  version: number;
  /** Milliseconds since the Unix epoch. */
  startTime: number;
  liveness: 'alive' | 'dead' | 'unknown';
  rings: RingView[];
  dictionaryOffset: number;
  dictionaryEnd: number;
  dictionaryEntries: number;
  /** Undefined in files of other writers. */
  block?: BlockView;
  /** Undefined when the file has no metrics. */
  cells?: CellsView;
}

/** What a visit to all files brought. */
export interface Visit {
  pieces: SeenPiece[];
  /** Records that were overwritten before they could be looked at. */
  lost: number;
  /** Files and folders that cannot be read, each told once: whole sentences. */
  problems: string[];
}

/** A process that writes files; its rings are those of its newest file. Times are milliseconds since the Unix epoch, 0: unknown. */
export interface ProcessView {
  path: string;
  /** Empty, and pid 0, in files of other writers. */
  serviceName: string;
  pid: number;
  generation: number;
  files: number;
  liveness: 'alive' | 'dead' | 'unknown';
  rings: RingView[];
  /** Records of events, spans and measurements since the viewer began. */
  written: number[];
  drops: Record<string, Record<string, number>>;
  lastCommit: number;
  readerHeartbeat: number;
  readerPid: number;
  /** Spans that are open, as far as the viewer has seen their start. */
  openSpans: number;
  /** OTLP JSON of an export request with the longest of them, their end 0. */
  longestOpenSpans?: string;
}

/** Follows files without changing them. */
export interface NativeViewer {
  /** Looks at everything once. What the first visit finds counts as seen. */
  visit(): Visit;
  /** The processes as they are now, each with its `openSpans` longest open spans. */
  processes(openSpans: number): ProcessView[];
  /** Series that were updated since (milliseconds since the Unix epoch), cumulative. */
  metrics(since: number): SeenPiece[];
}

/** Looks at files that change nothing in them. */
export interface ViewerCalls {
  /** OTLP JSON of an encoded export request. */
  requestToJson(signal: string, request: Uint8Array): string;
  /** Reads a file without changing a byte: one OTLP JSON export request a line. Throws with a sentence naming the file. */
  dump(path: string, options: DumpOptions): string[];
  /** As `dump`, as encoded export requests. */
  dumpPieces(path: string, all: boolean, signals: ('traces' | 'logs' | 'metrics')[]): SeenPiece[];
  /** Everything about a file that is not its records. Changes nothing. Throws with a sentence naming the file. */
  inspect(path: string): Inspection;
  /** Follows the files of folders, and single files. None has to exist yet. */
  /** `journals`: state directories, for spans that began before what the rings hold. What is none, or may not be read, is passed over. */
  NativeViewer: new (
    directories: string[],
    files: string[],
    journals: string[],
  ) => NativeViewer;
}
