// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type ContextManager, diag, type MeterProvider, type TextMapPropagator } from '@opentelemetry/api';
import type { IdGenerator, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Redact } from '../attributes/redaction.js';
import { readSpanLimits, type SpanLimits } from '../config/span-limits.js';
import type { ProducerOptions } from '../producer/options.js';

/**
 * Options of MmapTracerProvider. What is left out comes from the environment, else has the stock SDK's default. Samplers, span
 * processors, id generators and resources are taken by what they can do, whichever version of the stock SDK they are from.
 */
export interface MmapTracerProviderOptions extends ProducerOptions {
  /** Default: OTEL_TRACES_SAMPLER, else parent-based, always on. */
  sampler?: Sampler;
  /** Bounds of one span. Default: OTEL_SPAN_… and OTEL_ATTRIBUTE_…; a value length of 0 or less is no bound. */
  spanLimits?: Partial<SpanLimits>;
  /** Bounds of attributes, where `spanLimits` says nothing. */
  generalLimits?: Partial<Pick<SpanLimits, 'attributeCountLimit' | 'attributeValueLengthLimit'>>;
  idGenerator?: IdGenerator;
  /** Takes the metrics that the semantic conventions have for an SDK's spans (`otel.sdk.span.…`). Default: none are made. */
  meterProvider?: MeterProvider;
  /** Decides what of the attributes of spans, events and links reaches the file. */
  redact?: Redact;
  /** Called as by the stock SDK, also for spans that are recorded but not sampled (which the file never has). */
  spanProcessors?: SpanProcessor[];
}

/** What `MmapTracerProvider.register` puts in place. Left out: the default; null: nothing. */
export interface RegistrationOptions {
  /** Default: AsyncLocalStorageContextManager. */
  contextManager?: ContextManager | null;
  /** Default: OTEL_PROPAGATORS, else W3C trace context and baggage. */
  propagator?: TextMapPropagator | null;
}

/** The limits of a provider's spans, complete. */
export function resolveLimits(options: MmapTracerProviderOptions): SpanLimits {
  const fromEnvironment = readSpanLimits(process.env);
  const { spanLimits = {}, generalLimits = {} } = options;
  const limits: SpanLimits = { ...fromEnvironment };
  for (const name of Object.keys(limits) as (keyof SpanLimits)[]) {
    const general =
      name === 'attributeCountLimit' || name === 'attributeValueLengthLimit' ? generalLimits[name] : undefined;
    limits[name] = spanLimits[name] ?? general ?? limits[name];
  }
  if (limits.attributeValueLengthLimit <= 0) {
    diag.warn(`Attribute value limit must be positive, got ${limits.attributeValueLengthLimit}: values are not cut`);
    limits.attributeValueLengthLimit = Number.POSITIVE_INFINITY;
  }
  return limits;
}
