// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { LentPiece, Piece } from '../../native/binding.js';

/** Bytes of each buffer: a piece of 8192 data points with some attributes fits. */
const BYTES = 2 << 20;
/** As many as there are pieces on their way while destinations keep up. What comes beyond has a buffer of its own. */
const BUFFERS = 8;

/**
 * Buffers that the reader thread puts large pieces into, one after the other. Pieces in buffers of their own are garbage once they are
 * sent, and outside of V8's heap, which makes it look for garbage again and again.
 */
export class LentMemory {
  /** Memory is taken when it is used for the first time. */
  readonly buffers: Buffer[] = Array.from({ length: BUFFERS }, () => Buffer.allocUnsafeSlow(BYTES));
  /** By the number of a piece, that of the buffer that it is in. */
  readonly #used = new Map<number, number>();

  /** The piece with its bytes. They change after it was given back. */
  pieceIn({ lent, bytes, ...piece }: LentPiece): Piece {
    this.#used.set(piece.sequence, lent);
    return { ...piece, body: this.buffers[lent].subarray(0, bytes) };
  }

  /** Nobody needs the piece any more: the number of its buffer, if it is in one of these. */
  giveBack(sequence: number): number | undefined {
    const buffer = this.#used.get(sequence);
    this.#used.delete(sequence);
    return buffer;
  }
}
