// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch } from '../batch.js';

/** What came of one attempt to export a batch. */
export type Outcome =
  /** The destination has it. `rejected` items were not accepted (partial success), which is final. */
  | { kind: 'sent'; rejected?: number; warning?: string }
  /** It may work later. `after`: milliseconds that the destination asked to wait. */
  | { kind: 'retry'; reason: string; after?: number }
  /** The destination will never take it. */
  | { kind: 'failed'; reason: string };

/** One destination's way to export. Queueing, retries and counting are the same for all: destination.ts. */
export interface Attempter {
  /** Name with the place it writes to, for messages; holds no secret. */
  readonly target: string;
  /** Batches in flight at once. */
  readonly concurrency: number;
  /** Opens what it needs. Rejects with a sentence when nothing can be exported, as for a folder that cannot be written. */
  start?(): Promise<void>;
  /** One attempt. Never rejects for a reason that it could express as an outcome. */
  send(batch: Batch): Promise<Outcome>;
  /** Lets go of connections and files. Nothing is sent after. */
  close(): Promise<void>;
}
