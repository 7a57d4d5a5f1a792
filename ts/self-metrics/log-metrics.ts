// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Counter, MeterProvider } from '@opentelemetry/api';
import type { WriterStatus } from '../native/binding/writer.js';
import { ComponentMetrics, selfMeter } from './component.js';

/** What a logger provider tells of itself: records made and written, and the ring that they go through. */
export class LogMetrics {
  readonly #created: Counter;
  readonly #component: ComponentMetrics;

  constructor(provider: MeterProvider, status: () => WriterStatus | undefined) {
    this.#created = selfMeter(provider).createCounter('otel.sdk.log.created', {
      unit: '{log_record}',
      description: 'Log records that loggers were given.',
    });
    this.#component = new ComponentMetrics(provider, 'log', 'MmapLoggerProvider', status);
  }

  /** A record was emitted; `status` is the answer of its commit. */
  emitted(status: number): void {
    this.#created.add(1);
    this.#component.processed(status);
  }
}
