// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch } from '../../batch';
import type { Palette } from '../../terminal';
import type { Attempter, Outcome } from '../attempt';
import type { RequestToJson } from '../request-json';
import { TraceText } from './span-text';

/** Writes each batch as text for people; signals that have no text of their own as OTLP JSON. */
export class DebugExporter implements Attempter {
  readonly target = 'debug';
  readonly concurrency = 1;
  readonly #write: (text: string) => Promise<void>;
  readonly #traces: TraceText;
  readonly #toJson: RequestToJson;

  constructor(write: (text: string) => Promise<void>, palette: Palette, toJson: RequestToJson) {
    this.#write = write;
    this.#traces = new TraceText(palette);
    this.#toJson = toJson;
  }

  async send(batch: Batch): Promise<Outcome> {
    const json = this.#toJson(batch);
    const text = batch.signal === 'traces' ? this.#traces.of(JSON.parse(json)) : `${json}\n`;
    try {
      await this.#write(text);
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'retry', reason: `cannot write to standard output (${(error as Error).message})` };
    }
  }

  async close(): Promise<void> {}
}
