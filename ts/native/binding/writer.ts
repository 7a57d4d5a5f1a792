// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Slots and bytes of the parts of a new file. Every count is a power of two; every size a multiple of 8. */
export interface Geometry {
  eventsBuffers: number;
  eventsBufferSize: number;
  spansBuffers: number;
  spansBufferSize: number;
  measurementsBuffers: number;
  measurementsBufferSize: number;
  /** Ring for what is too long for a slot, a multiple of 64. 0: there is none, and what is too long is cut. */
  spillBytes: number;
  dictionaryBytes: number;
}

export interface WriterOptions {
  /** Folder of directory mode. Without it and without `file`: the default order of docs/format.md. */
  directory?: string;
  /** Path of single-file mode. */
  file?: string;
  /** `service.name`, for the file's name and for viewers. */
  serviceName: string;
  /** Tells writers of one process apart: the same location and identity give the same writer. */
  identity: string;
  geometry?: Partial<Geometry>;
  /** A group whose members may read (a collector of another uid): folder 0770, files 0660. */
  group?: string;
  /** Upper bound in bytes for all files of the directory; oldest dead files go first. */
  directoryLimit?: number;
}

/** What a writer can tell of itself. Times are milliseconds since the Unix epoch. */
export interface WriterStatus {
  /** The folder or, in single-file mode, the folder of the path. */
  directory: string;
  /** Path of the current file; undefined before the first record. */
  file?: string;
  generation: number;
  /** Lost records, ring name to reason name to count; only what is not zero. */
  drops: Record<string, Record<string, number>>;
  /** Rings of the current file by name: records that wait for a reader's acknowledgement, and slots. None before the first record. */
  rings: Record<string, { waiting: number; slots: number }>;
  /** When a reader last visited the current file; 0 if none ever did. */
  readerHeartbeat: number;
  /** Newest epoch asked for by `requestFlush`, and newest that the reader acknowledged. */
  flushEpoch: number;
  acknowledgedEpoch: number;
  /** Every record written so far has been taken by the reader. */
  drained: boolean;
  /** Why the writer cannot make a file, if it cannot: a whole sentence naming path and remedy. */
  error?: string;
  /** Sentences about a folder or path that works, but not as asked for. */
  warnings: string[];
}

/** The files of this process, through handles that are valid in every thread of it. */
export interface WriterCalls {
  /** A process-wide handle. Makes no file yet. Throws on options that cannot be right. */
  openWriter(options: WriterOptions): number;
  /** Dictionary reference of a string; makes the file if there is none. Negative: −COMMIT_STALE, −COMMIT_DISABLED, … */
  internString(writer: number, epoch: number, text: string): number;
  /** Reference of a scope. `attributes`: the fields of an OTLP InstrumentationScope.attributes (3), encoded as OTLP KeyValue. */
  internScope(writer: number, epoch: number, name: string, version: string, attributes: Uint8Array): number;
  /** Reference of a metric for the measurements ring: `message` is a MetricRef whose references are of this epoch. */
  internMetric(writer: number, epoch: number, message: Uint8Array): number;
  /**
   * Sets the resource of the writer's files: `resource` is an encoded OTLP Resource message. Not `settled`: readers wait
   * for the final one. Settling changes the epoch.
   */
  setResource(writer: number, resource: Uint8Array, schemaUrl: string, settled: boolean): void;
  /** Tells collectors a setting of the app, by the name of its environment variable (an interval, a temporality). Never a secret. */
  setSetting(writer: number, name: string, value: string): void;
  /** Asks the reader to export everything written so far; returns the epoch to await in `acknowledgedEpoch`. 0: there is no file, nothing to wait for. */
  requestFlush(writer: number): number;
  writerStatus(writer: number): WriterStatus;
  /** Drops one use of the handle; the last one closes the file's sections. */
  closeWriter(writer: number): void;
}
