// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, Counter, MeterProvider, Span, SpanContext, UpDownCounter } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { WriterStatus } from '../native/binding/writer.js';
import * as layout from '../native/layout.js';
import { ComponentMetrics, selfMeter } from './component.js';

const { COMMIT_FULL, COMMIT_PUBLISHED } = layout;

const SAMPLED = 1;
const LIVE: Record<string, Attributes> = {
  RECORD_ONLY: { 'otel.span.sampling_result': 'RECORD_ONLY' },
  RECORD_AND_SAMPLE: { 'otel.span.sampling_result': 'RECORD_AND_SAMPLE' },
};

/** What a tracer provider tells of itself. As a span processor it sees spans begin and end; its tracers tell it what they started. */
export class SpanMetrics implements SpanProcessor {
  readonly #started: Counter;
  readonly #live: UpDownCounter;
  readonly #component: ComponentMetrics;
  /** Attributes of `started`, by their values. */
  readonly #combinations = new Map<string, Attributes>();

  constructor(provider: MeterProvider, status: () => WriterStatus | undefined) {
    const meter = selfMeter(provider);
    this.#started = meter.createCounter('otel.sdk.span.started', {
      unit: '{span}',
      description: 'Spans that tracers have made, recording or not.',
    });
    this.#live = meter.createUpDownCounter('otel.sdk.span.live', {
      unit: '{span}',
      description: 'Recording spans that have not ended.',
    });
    this.#component = new ComponentMetrics(provider, 'span', 'MmapTracerProvider', status);
  }

  started(span: Span, parent: SpanContext | undefined): void {
    const origin = parent === undefined ? 'none' : parent.isRemote === true ? 'remote' : 'local';
    const result = span.isRecording() ? resultOf(span) : 'DROP';
    const key = `${origin} ${result}`;
    let attributes = this.#combinations.get(key);
    if (attributes === undefined) {
      attributes = { 'otel.span.parent.origin': origin, 'otel.span.sampling_result': result };
      this.#combinations.set(key, attributes);
    }
    this.#started.add(1, attributes);
  }

  onStart(span: Span): void {
    this.#live.add(1, LIVE[resultOf(span)]);
  }

  onEnd(span: ReadableSpan & { inFile?: boolean }): void {
    const result = resultOf(span);
    this.#live.add(-1, LIVE[result]);
    if (result === 'RECORD_AND_SAMPLE') this.#component.processed(span.inFile ? COMMIT_PUBLISHED : COMMIT_FULL);
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

function resultOf(span: Pick<Span, 'spanContext'>): string {
  return (span.spanContext().traceFlags & SAMPLED) === SAMPLED ? 'RECORD_AND_SAMPLE' : 'RECORD_ONLY';
}
