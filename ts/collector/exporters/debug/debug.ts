// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, ITEM_NAMES } from '../../batch.js';
import type { Palette } from '../../terminal.js';
import type { Attempter, Outcome } from '../attempt.js';
import type { RequestToJson } from '../request-json.js';
import { DetailedText, shortText } from './request-text.js';

export const VERBOSITIES = ['basic', 'normal', 'detailed'] as const;

/** How much is shown: a line a batch, a line an item, everything. */
export type Verbosity = (typeof VERBOSITIES)[number];

/** Writes each batch as text for people. */
export class DebugExporter implements Attempter {
  readonly target: string;
  /** Batches are written one after the other. */
  readonly concurrency = 1;
  readonly #verbosity: Verbosity;
  readonly #write: (text: string) => Promise<void>;
  readonly #palette: Palette;
  readonly #detailed: DetailedText;
  readonly #toJson: RequestToJson;

  /** @param id Name of the exporter, for messages. */
  constructor(
    id: string,
    verbosity: Verbosity,
    write: (text: string) => Promise<void>,
    palette: Palette,
    toJson: RequestToJson,
  ) {
    this.target = id;
    this.#verbosity = verbosity;
    this.#write = write;
    this.#palette = palette;
    this.#detailed = new DetailedText(palette);
    this.#toJson = toJson;
  }

  async send(batch: Batch): Promise<Outcome> {
    const text = this.#textOf(batch);
    try {
      await this.#write(text);
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'retry', reason: `cannot write to standard output (${(error as Error).message})` };
    }
  }

  async close(): Promise<void> {}

  #textOf(batch: Batch): string {
    if (this.#verbosity === 'basic') {
      const { signal, items, bytes } = batch;
      return `${this.#palette.strong(signal)}  ${items} ${ITEM_NAMES[signal]}  ${bytes} bytes\n`;
    }
    const request = JSON.parse(this.#toJson(batch));
    return this.#verbosity === 'normal' ? shortText(request, this.#palette) : this.#detailed.of(request);
  }
}
