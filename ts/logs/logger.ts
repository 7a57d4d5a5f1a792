// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Context, context as contextApi } from '@opentelemetry/api';
import type { Logger, LogRecord } from '@opentelemetry/api-logs';
import { errorOnce, warnOnce } from '../config/warn-once.js';
import { textOf } from '../input/text.js';
import { recordTime, useClock } from '../record/writer.js';
import { LogDraft } from './log-draft.js';
import type { LogOrigin } from './log-origin.js';
import { MmapLogRecord, spanContextOf } from './log-record.js';
import { readSafely } from './safe-record.js';

/** What the loggers of one provider share and the provider may change. */
export interface LoggerState {
  isShutDown: boolean;
}

/** The draft that records use, one after the other. */
let shared: LogDraft | undefined;
let sharedIsFree = true;

export class MmapLogger implements Logger {
  readonly #origin: LogOrigin;
  readonly #state: LoggerState;

  constructor(origin: LogOrigin, state: LoggerState) {
    this.#origin = origin;
    this.#state = state;
  }

  /** Whether a record would be written. */
  enabled(_options?: { context?: Context; severityNumber?: number; eventName?: string }): boolean {
    return !this.#state.isShutDown;
  }

  /** The record is in the file when this returns. */
  emit(record: LogRecord): void {
    if (this.#state.isShutDown) {
      this.#origin.records.refuse();
      return;
    }
    if (typeof record !== 'object' || record === null) {
      warnOnce('what is not a log record is not recorded', textOf(record));
      return;
    }
    try {
      this.#emit(record, false);
    } catch {
      // Only what is the user's can have thrown, and before anything was written: once more, with care.
      this.#emitSafely(record);
    }
  }

  #emitSafely(record: LogRecord): void {
    try {
      this.#emit(readSafely(record), true);
    } catch (error) {
      errorOnce('a log record that cannot be written is left out', error);
    }
  }

  #emit(record: LogRecord, wasCut: boolean): void {
    const origin = this.#origin;
    // A getter, the redact hook or diag's logger may emit a record themselves.
    shared ??= new LogDraft(origin.scope);
    const draft = sharedIsFree ? shared : new LogDraft(origin.scope);
    sharedIsFree = false;
    try {
      draft.take(record, origin.scope, origin.limits);
      if (wasCut) draft.wasCut = true;
      if (origin.processors !== undefined) this.#process(draft, record);
      if (origin.redaction !== undefined) draft.redact(origin.redaction);
      const status = origin.records.commit(draft);
      if (origin.metrics !== undefined) origin.metrics.emitted(status);
    } finally {
      if (draft === shared) {
        draft.clear();
        sharedIsFree = true;
      }
    }
  }

  #process(draft: LogDraft, record: LogRecord): void {
    const { records, processors } = this.#origin;
    useClock(-1, 0, 0);
    records.writer.readClock();
    draft.fillTimes(recordTime.seconds, recordTime.nanos);
    const visible = new MmapLogRecord(this.#origin, draft, spanContextOf(draft));
    const { wasCut } = draft;
    processors?.onEmit(visible, record.context ?? contextApi.active());
    visible.finish();
    if (wasCut) draft.wasCut = true;
  }
}
