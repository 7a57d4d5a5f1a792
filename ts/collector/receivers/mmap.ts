// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding, NativeReceiver, Piece, ReceiverOptions, ReceiverStats } from '../../native/binding';
import type { Logger } from '../logger';

export interface MmapReceiverHandlers {
  onPiece(piece: Piece): void;
  /** The reader thread has ended; with `error`, because it crashed. Nothing follows. */
  onStopped(error: string | undefined): void;
}

/** The files, read by a thread of the native addon. */
export class MmapReceiver {
  readonly #native: NativeReceiver;

  /** Begins to read. @throws Error with a sentence of the addon when the options cannot be right. */
  constructor(binding: NativeBinding, options: ReceiverOptions, logger: Logger, handlers: MmapReceiverHandlers) {
    this.#native = binding.createReceiver(options, (event) => {
      if (event.type === 'piece') handlers.onPiece(event.piece);
      else if (event.type === 'log') logger.log(event.level, event.message);
      else handlers.onStopped(event.error);
    });
  }

  /** Every destination has these pieces, or refused them for good: their records may leave the files. */
  acknowledge(sequences: readonly number[]): void {
    for (const sequence of sequences) this.#native.acknowledge(sequence);
  }

  stats(): ReceiverStats {
    return this.#native.stats();
  }

  /** Reads what is there, then ends; `onStopped` follows. */
  stop(): void {
    this.#native.stop();
  }
}
