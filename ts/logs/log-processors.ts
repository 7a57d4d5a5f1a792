// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Context } from '@opentelemetry/api';
import { errorOnce } from '../config/warn-once.js';
import type { MmapLogRecord } from './log-record.js';

/** A log record processor of the stock SDK (2.x and 3.x), by what is used of it. */
export interface LogRecordProcessor {
  /** Sees a record before it is written, and may change it. */
  // biome-ignore lint/suspicious/noExplicitAny: the record's type is that of whichever SDK the processor is from
  onEmit(record: any, context?: Context): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The log record processors that the user added. An error of one reaches neither the app nor the next one. */
export class LogProcessors {
  readonly #processors: readonly LogRecordProcessor[];

  constructor(processors: readonly LogRecordProcessor[]) {
    this.#processors = processors;
  }

  get isEmpty(): boolean {
    return this.#processors.length === 0;
  }

  onEmit(record: MmapLogRecord, context: Context): void {
    for (const processor of this.#processors) {
      try {
        processor.onEmit(record, context);
      } catch (error) {
        errorOnce("a log record processor's onEmit threw: the record is written as it is", error);
      }
    }
  }

  /** Rejects with the first error, when every processor is done. */
  async forceFlush(): Promise<void> {
    await all(this.#processors.map(async (processor) => processor.forceFlush()));
  }

  /** Rejects with the first error, when every processor is done. */
  async shutdown(): Promise<void> {
    await all(this.#processors.map(async (processor) => processor.shutdown()));
  }
}

async function all(promises: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
