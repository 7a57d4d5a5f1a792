// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DEFAULT_COUNT, readFirst } from './attribute-limits.js';
import type { Env } from './env.js';

/** Bounds of what one span may hold; the fields and their names are the stock SDK's. `Infinity`: no bound. */
export interface SpanLimits {
  /** Characters of a string value (UTF-16 code units, as the stock SDK cuts). */
  attributeValueLengthLimit: number;
  attributeCountLimit: number;
  eventCountLimit: number;
  linkCountLimit: number;
  attributePerEventCountLimit: number;
  attributePerLinkCountLimit: number;
}

/**
 * Every span and attribute limit. The order is the specification's (SDK environment variables, "Attribute Limits" and
 * "Span Limits"): the span's own variable, then the general one, then the default. For attributes of events and links the
 * JavaScript SDK has names of its own, which are read after the specification's.
 */
export function readSpanLimits(env: Env): SpanLimits {
  return {
    attributeValueLengthLimit: readFirst(
      env,
      ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
      Number.POSITIVE_INFINITY,
    ),
    attributeCountLimit: readFirst(
      env,
      ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
      DEFAULT_COUNT,
    ),
    eventCountLimit: readFirst(env, ['OTEL_SPAN_EVENT_COUNT_LIMIT'], DEFAULT_COUNT),
    linkCountLimit: readFirst(env, ['OTEL_SPAN_LINK_COUNT_LIMIT'], DEFAULT_COUNT),
    attributePerEventCountLimit: readFirst(
      env,
      ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'],
      DEFAULT_COUNT,
    ),
    attributePerLinkCountLimit: readFirst(
      env,
      ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'],
      DEFAULT_COUNT,
    ),
  };
}
