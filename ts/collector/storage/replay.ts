// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Piece } from '../../native/binding.js';

/** Bytes of what waited that are in memory at once, for each destination. */
const WINDOW = 8 * 1024 * 1024;

/** What a destination's replay needs of the rest. */
export interface ReplayHandlers {
  /** Asks for about so many bytes of what waits; `receive` follows. */
  ask(maxBytes: number): void;
  /** Whether the destination has little to do, so that what waited may come beside what is new. */
  hasRoom(): boolean;
  /** Sends a piece on its way. Calls back once, when it is settled. */
  send(piece: Piece, onSettled: () => void): void;
}

/**
 * Sends what waits in the journal for one destination: one window after the other, at a bounded rate, so that what is new is never
 * starved by it.
 */
export class Replay {
  readonly #handlers: ReplayHandlers;
  /** Bytes a millisecond. */
  #rate: number;
  #behind = false;
  #asked = false;
  #outstanding = 0;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(bytesPerSecond: number, handlers: ReplayHandlers) {
    this.#rate = bytesPerSecond / 1000;
    this.#handlers = handlers;
  }

  /** Something waits in the journal. */
  begin(): void {
    this.#behind = true;
    this.pump();
  }

  /** What was asked for. Nothing: nothing waits any more. */
  receive(pieces: readonly Piece[]): void {
    this.#asked = false;
    if (pieces.length === 0) {
      this.#behind = false;
      return;
    }
    let bytes = 0;
    this.#outstanding += pieces.length;
    for (const [index, piece] of pieces.entries()) {
      bytes += piece.body.length;
      // nothing comes after the last for which a batch could wait
      this.#handlers.send({ ...piece, urgent: index === pieces.length - 1 }, () => {
        this.#outstanding--;
        this.pump();
      });
    }
    this.#notBefore = Date.now() + bytes / this.#rate;
    this.pump();
  }

  /** Asks for more, if it is time. */
  pump(): void {
    if (!this.#behind || this.#asked || this.#outstanding > 0 || this.#stopped || !this.#handlers.hasRoom()) return;
    // a clock that was set back must not stop this
    const wait = Math.min(this.#notBefore - Date.now(), WINDOW / this.#rate);
    if (wait > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#notBefore = 0;
        this.pump();
      }, wait);
      return;
    }
    this.#asked = true;
    this.#handlers.ask(WINDOW);
  }

  /** The collector stops: what waits goes as fast as it can. */
  drain(): void {
    this.#rate = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#notBefore = 0;
    this.pump();
  }

  /** What waits may wait. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
