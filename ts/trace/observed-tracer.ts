// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  type Context,
  context as contextApi,
  isSpanContextValid,
  type Span,
  type SpanOptions,
  trace,
} from '@opentelemetry/api';
import type { SpanMetrics } from '../self-metrics/span-metrics.js';
import type { SpanOrigin } from './span-origin.js';
import { MmapTracer, type TracerState } from './tracer.js';

/** A tracer that tells of each span that it starts. One that does not is spared the question. */
export class ObservedTracer extends MmapTracer {
  readonly #metrics: SpanMetrics;

  constructor(origin: SpanOrigin, state: TracerState, metrics: SpanMetrics) {
    super(origin, state);
    this.#metrics = metrics;
  }

  override startSpan(name: string, options?: SpanOptions, parentContext: Context = contextApi.active()): Span {
    const span = super.startSpan(name, options, parentContext);
    // A suppressed span, or one after shutdown, is not the SDK's.
    const context = span.spanContext();
    const parent = options?.root === true ? undefined : trace.getSpanContext(parentContext);
    const isNone = !isSpanContextValid(context) || context.spanId === parent?.spanId;
    if (!isNone) this.#metrics.started(span, parent && isSpanContextValid(parent) ? parent : undefined);
    return span;
  }
}
