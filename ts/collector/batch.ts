// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece } from '../native/binding.js';
import type { Receipt } from './pipeline/receipt.js';

export type Signal = Piece['signal'];

export const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];

/** What one item of a signal is called in messages and counters. */
export const ITEM_NAMES: Readonly<Record<Signal, string>> = {
  traces: 'spans',
  logs: 'log records',
  metrics: 'data points',
};

/**
 * Encoded OTLP of one signal that can be joined with others, and split between items, without being parsed: whole
 * ResourceSpans (ResourceLogs, ResourceMetrics) fields of an export request.
 */
export interface Part {
  readonly body: Buffer;
  /** Spans, log records or data points within. */
  readonly items: number;
  /** Who waits for it to be settled. A processor that replaces a part hands it on; one that cuts a part says so (`split`). */
  readonly receipt: Receipt;
  /** Where its app wants it sent, if it names an address. Followed only by exporters whose receivers trust their apps. */
  readonly endpoint?: string;
}

/**
 * What goes from the receiver through processors to exporters: parts of one signal, joined by being listed. Never changed once made,
 * since several pipelines and destinations hold it at once.
 */
export interface Batch {
  readonly signal: Signal;
  readonly pieces: readonly Part[];
  /** The parts' bytes: sent one after the other, they are an export request. */
  readonly parts: readonly Buffer[];
  /** Sum of the parts' lengths. */
  readonly bytes: number;
  /** Sum of the parts' items. */
  readonly items: number;
  /** A process waits for its records (`forceFlush`): nothing may hold it back to wait for more. */
  readonly urgent: boolean;
  /** Metrics: the temporality with baselines of its own that the points belong to. Parts of two streams are never joined. */
  readonly stream: string | undefined;
}

/** What parts of one batch have in common. */
export type BatchOrigin = Pick<Batch, 'signal' | 'urgent' | 'stream'>;

/** A batch of these parts. */
export function batchOf({ signal, urgent, stream }: BatchOrigin, pieces: readonly Part[]): Batch {
  let bytes = 0;
  let items = 0;
  for (const piece of pieces) {
    bytes += piece.body.length;
    items += piece.items;
  }
  return { signal, pieces, parts: pieces.map(({ body }) => body), bytes, items, urgent, stream };
}

/** A batch for each address that apps name, and one for what names none. */
export function byEndpoint(batch: Batch): Batch[] {
  const groups = new Map<string | undefined, Part[]>();
  for (const part of batch.pieces) {
    const group = groups.get(part.endpoint);
    if (group === undefined) groups.set(part.endpoint, [part]);
    else group.push(part);
  }
  return groups.size === 1 ? [batch] : [...groups.values()].map((parts) => batchOf(batch, parts));
}
