// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, Counter, MeterProvider } from '@opentelemetry/api';
import type { WriterStatus } from '../native/binding/writer.js';
import * as layout from '../native/layout.js';
import { packageVersion } from '../native/loader.js';

const { COMMIT_DISABLED, COMMIT_FULL, COMMIT_PUBLISHED, COMMIT_TOO_LARGE } = layout;

/** Components so far, by type: their number is in their name. */
const instances = new Map<string, number>();

export type Signal = 'span' | 'log';

const UNIT: Record<Signal, string> = { span: '{span}', log: '{log_record}' };
const RING: Record<Signal, string> = { span: 'spans', log: 'events' };

/** The meter of everything that this package tells of itself. */
export function selfMeter(provider: MeterProvider): ReturnType<MeterProvider['getMeter']> {
  return provider.getMeter('otlp-mmap', packageVersion);
}

/**
 * The metrics that the semantic conventions have for a processor ("OpenTelemetry SDK metrics"), of a provider that writes to the
 * file itself: what is written is processed, and the ring is the queue.
 */
export class ComponentMetrics {
  readonly #processed: Counter;
  readonly #attributes: Attributes;
  readonly #failures = new Map<number, Attributes>();

  /**
   * @param type The component's type: the name of the class.
   * @param status Of the file; undefined when there is nothing to tell.
   */
  constructor(provider: MeterProvider, signal: Signal, type: string, status: () => WriterStatus | undefined) {
    const instance = instances.get(type) ?? 0;
    instances.set(type, instance + 1);
    this.#attributes = { 'otel.component.type': type, 'otel.component.name': `${type}/${instance}` };
    const meter = selfMeter(provider);
    const unit = UNIT[signal];
    const prefix = `otel.sdk.processor.${signal}`;
    const ring = () => status()?.rings[RING[signal]];
    this.#processed = meter.createCounter(`${prefix}.processed`, {
      unit,
      description: 'Written to the file or, with an error.type, not.',
    });
    meter
      .createObservableUpDownCounter(`${prefix}.queue.size`, { unit, description: 'Records that wait in their ring.' })
      .addCallback((result) => result.observe(ring()?.waiting ?? 0, this.#attributes));
    meter
      .createObservableUpDownCounter(`${prefix}.queue.capacity`, { unit, description: 'Slots of the ring.' })
      .addCallback((result) => result.observe(ring()?.slots ?? 0, this.#attributes));
  }

  /** One more, with the answer of its commit. */
  processed(status: number): void {
    this.#processed.add(1, status === COMMIT_PUBLISHED ? this.#attributes : this.#failed(status));
  }

  #failed(status: number): Attributes {
    let attributes = this.#failures.get(status);
    if (attributes === undefined) {
      attributes = { ...this.#attributes, 'error.type': errorType(status) };
      this.#failures.set(status, attributes);
    }
    return attributes;
  }
}

/** `queue_full` and `already_shutdown` are the conventions' own. */
function errorType(status: number): string {
  switch (status) {
    case COMMIT_FULL:
      return 'queue_full';
    case COMMIT_DISABLED:
      return 'already_shutdown';
    case COMMIT_TOO_LARGE:
      return 'too_large';
    default:
      return 'not_writable';
  }
}
