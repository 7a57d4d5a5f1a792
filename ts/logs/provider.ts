// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { createNoopLogger, type Logger, type LoggerOptions, type LoggerProvider } from '@opentelemetry/api-logs';
import { Redaction } from '../attributes/redaction.js';
import type { LogRecordLimits } from '../config/log-limits.js';
import { scopeInput } from '../input/scope.js';
import type { WriterStatus } from '../native/binding/writer.js';
import { openProducer } from '../producer/open.js';
import type { Producer } from '../producer/producer.js';
import { LogRecords } from '../record/log-records.js';
import { LogMetrics } from '../self-metrics/log-metrics.js';
import { setGlobalLoggerProvider } from './global.js';
import { LogProcessors } from './log-processors.js';
import { type LoggerState, MmapLogger } from './logger.js';
import { type MmapLoggerProviderOptions, resolveLogLimits } from './options.js';
import { createLogScope, keyOfScope } from './scope.js';

/** The stock SDK's name for a logger that was asked for without one. */
const UNKNOWN_NAME = 'unknown';

/** What a provider has when it can write. */
interface Recorder {
  readonly producer: Producer;
  readonly records: LogRecords;
}

/**
 * A logger provider for @opentelemetry/api-logs (and for the logs of @opentelemetry/api 1.10 and later) whose records are in a
 * memory-mapped file when `emit` returns. It never throws: what cannot work is told through `diag`, and its loggers then do nothing.
 */
export class MmapLoggerProvider implements LoggerProvider {
  readonly #recorder: Recorder | undefined;
  readonly #limits: LogRecordLimits;
  readonly #processors: LogProcessors;
  readonly #redaction: Redaction | undefined;
  readonly #metrics: LogMetrics | undefined;
  readonly #state: LoggerState = { isShutDown: false };
  readonly #loggers = new Map<string, Logger>();
  #shutdown: Promise<void> | undefined;

  constructor(options: MmapLoggerProviderOptions = {}) {
    this.#limits = resolveLogLimits(options);
    this.#processors = new LogProcessors(options.processors ?? []);
    this.#redaction = options.redact && new Redaction(options.redact);
    const producer = openProducer(options, 'log records');
    this.#recorder = producer && { producer, records: new LogRecords(producer.writer) };
    this.#metrics = options.meterProvider && new LogMetrics(options.meterProvider, () => this.status());
  }

  /** A logger; the same name, version, schema URL and attributes give the same one. */
  getLogger(name: string, version?: string, options?: LoggerOptions): Logger {
    if (!name) diag.warn('Logger requested without instrumentation scope name.');
    const scope = createLogScope(scopeInput(name || UNKNOWN_NAME, version, options), options, this.#limits);
    const key = keyOfScope(scope);
    let logger = this.#loggers.get(key);
    if (logger === undefined) {
      logger = this.#createLogger(scope);
      this.#loggers.set(key, logger);
    }
    return logger;
  }

  #createLogger(scope: ReturnType<typeof createLogScope>): Logger {
    if (this.#recorder === undefined) return createNoopLogger();
    const { producer, records } = this.#recorder;
    const { name, version, schemaUrl, attributes, droppedAttributes } = scope;
    const origin = {
      scope,
      instrumentationScope: {
        name,
        version: version === '' ? undefined : version,
        schemaUrl: schemaUrl === '' ? undefined : schemaUrl,
        attributes,
        droppedAttributesCount: droppedAttributes,
      },
      resource: producer.resource,
      records,
      limits: this.#limits,
      processors: this.#processors.isEmpty ? undefined : this.#processors,
      redaction: this.#redaction,
      metrics: this.#metrics,
    };
    return new MmapLogger(origin, this.#state);
  }

  /** Makes this the logger provider of the logs APIs. */
  register(): void {
    setGlobalLoggerProvider(this);
  }

  /**
   * Resolves when all that was recorded so far is exported: processors have flushed, and the collector has the acknowledgement of
   * every destination. Nothing needs this for safety: what is recorded is in the file already.
   *
   * @throws Error (as a rejection) naming file and remedy: no collector reads it, or the time is up.
   */
  async forceFlush(options?: { timeoutMillis?: number }): Promise<void> {
    await this.#processors.forceFlush();
    if (this.#recorder === undefined || this.#state.isShutDown) return;
    await this.#recorder.producer.flush(options?.timeoutMillis);
  }

  /** Ends recording. Later calls do nothing more. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  async #close(): Promise<void> {
    this.#state.isShutDown = true;
    try {
      await this.#processors.shutdown();
    } finally {
      this.#recorder?.producer.close();
    }
  }

  /** Where the records are and how they fare; undefined when nothing can be recorded, or after `shutdown`. */
  status(): WriterStatus | undefined {
    if (this.#recorder === undefined || this.#state.isShutDown) return undefined;
    return this.#recorder.producer.status();
  }
}
