// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativePieceProcessor } from '../../native/binding.js';
import { type Batch, batchOf, type Part } from '../batch.js';
import { type Logger, ThrottledWarnings } from '../logger.js';
import type { Consumer, Processor } from '../pipeline/component.js';

/** A processor of the native addon: it works on the encoded bytes of each part, and what it leaves alone is not copied. */
export class PieceProcessor implements Processor {
  readonly #id: string;
  readonly #native: NativePieceProcessor;
  readonly #next: Consumer;
  readonly #faults: ThrottledWarnings;

  constructor(id: string, native: NativePieceProcessor, next: Consumer, logger: Logger) {
    this.#id = id;
    this.#native = native;
    this.#next = next;
    this.#faults = new ThrottledWarnings(logger);
  }

  consume(batch: Batch): void {
    let changed = false;
    const pieces: Part[] = [];
    for (const part of batch.pieces) {
      const result = this.#process(part);
      changed ||= result !== part;
      if (result.items > 0) pieces.push(result);
      else part.receipt.drop();
    }
    if (!changed) this.#next.consume(batch);
    else if (pieces.length > 0) this.#next.consume(batchOf(batch, pieces));
  }

  /** The part as it goes on; without items when nothing of it does. */
  #process(part: Part): Part {
    try {
      const result = this.#native.process(part.body);
      return result === null ? part : { ...part, ...result };
    } catch (error) {
      // The receiver encodes what it hands over, so this is a fault of this program. What a processor was to take out must not pass.
      this.#faults.warn(`${this.#id}: ${part.items} items are dropped: ${(error as Error).message}`);
      return { body: Buffer.alloc(0), items: 0, receipt: part.receipt };
    }
  }
}
