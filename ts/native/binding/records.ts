// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Records of events, spans and measurements: the raw calls, through the scratch buffer of the thread (`../scratch.ts`). */
export interface RecordCalls {
  /** Raw. Holds `scratch` (SCRATCH_LENGTH bytes) for this thread and remembers its address. */
  attachScratch(scratch: ArrayBuffer): void;
  /** Raw. Commits a record of the scratch buffer: the SCRATCH_* words say which, where to, and how time is filled in; SCRATCH_COMMIT_STATUS is the answer. */
  commit(): void;
  /** Raw. Commits `length` bytes at scratch `offset` to `ring`, for a record of any length: its longest values are cut to fit the slot, and stand whole in the spill ring. Returns COMMIT_*. */
  commitLong(writer: number, ring: number, offset: number, length: number): number;
  /** Raw. The clock into SCRATCH_TIME_SECONDS / _NANOS / _ANCHOR (the anchor word is in and out, as for commit). */
  now(): void;
  /** Raw. Epoch of the writer's references: they are void when it changes. A thread that asks lets go of a file that was closed. */
  epoch(writer: number): number;
  /** Raw. Bytes of the longest record that fits into one slot of `ring`. */
  recordCapacity(writer: number, ring: number): number;
  /** Raw. Counts a loss that the encoder decided on (DROP_*). */
  countDrop(writer: number, ring: number, reason: number): void;
}
