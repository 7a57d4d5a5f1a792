// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece } from '../native/binding';

export type Signal = Piece['signal'];

export const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];

/** What one item of a signal is called in messages and counters. */
export const ITEM_NAMES: Readonly<Record<Signal, string>> = {
  traces: 'spans',
  logs: 'log records',
  metrics: 'data points',
};

/** One export request: encoded pieces of one signal, sent one after the other and never parsed. */
export interface Batch {
  readonly signal: Signal;
  readonly parts: readonly Buffer[];
  /** Sum of the parts' lengths. */
  readonly bytes: number;
  /** Spans, log records or data points within. */
  readonly items: number;
  /** Sequence numbers of the pieces within, to acknowledge them by. */
  readonly sequences: readonly number[];
}
