// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Context } from '@opentelemetry/api';
import { errorOnce } from '../config/warn-once.js';
import { Processors } from '../producer/processors.js';

/** A log record processor of the stock SDK (2.x and 3.x), by what is used of it. */
export interface LogRecordProcessor {
  /** Sees a record before it is written, and may change it. */
  // biome-ignore lint/suspicious/noExplicitAny: the record's type is that of whichever SDK the processor is from
  onEmit(record: any, context?: Context): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The log record processors that the user added. An error of one reaches neither the app nor the next one. */
export class LogProcessors extends Processors<LogRecordProcessor> {
  /** @param record A log record as the stock SDK has it, that can be changed (`MmapLogRecord`). */
  onEmit(record: unknown, context: Context): void {
    for (const processor of this.all) {
      try {
        processor.onEmit(record, context);
      } catch (error) {
        errorOnce("a log record processor's onEmit threw: the record is written as it is", error);
      }
    }
  }
}
