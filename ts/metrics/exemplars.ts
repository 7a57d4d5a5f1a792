// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Context, ContextManager, SpanContext } from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import type { ExemplarFilter } from '../config/metrics.js';
import type { Aggregation } from './aggregation.js';

// Constants of this module: what is imported by name is got from the API by a call at each use.
const { isSpanContextValid, ROOT_CONTEXT } = api;
const { getSpanContext } = api.trace;
const { SAMPLED } = api.TraceFlags;

/** The default sizes of metrics SDK specification, "ExemplarReservoir"; with JavaScript's one thread the least is one. */
const LEAST_SLOTS = 1;
const MOST_SLOTS = 20;

/** How many exemplars a series keeps at a time. */
export function reservoirSlots(aggregation: Aggregation): number {
  return aggregation.kind === 'exponential' ? Math.min(aggregation.maxSize, MOST_SLOTS) : LEAST_SLOTS;
}

/** No measurement, or one without a span. */
export const NOT_SAMPLED = null;

/**
 * Whether a measurement may become an exemplar (metrics SDK specification, "ExemplarFilter"), and in which span it was made. The
 * active context is read only when the filter has to know it.
 *
 * @param given The context that the caller passed, if any.
 * @returns NOT_SAMPLED; or undefined, for one outside of any span.
 */
export function sampledIn(filter: ExemplarFilter, given: Context | undefined): SpanContext | undefined | null {
  if (filter === 'always_off') return NOT_SAMPLED;
  const active = given ?? activeContext();
  const span = active === ROOT_CONTEXT ? undefined : getSpanContext(active);
  if (filter === 'trace_based') {
    if (span === undefined || (span.traceFlags & SAMPLED) === 0) return NOT_SAMPLED;
    return isSpanContextValid(span) ? span : NOT_SAMPLED;
  }
  return span !== undefined && isSpanContextValid(span) ? span : undefined;
}

/** The API keeps its globals here, for all copies of the API. */
const API_GLOBALS = Symbol.for('opentelemetry.js.api.1');

interface ApiGlobals {
  context?: ContextManager;
}

let globals: ApiGlobals | undefined;

/** As `context.active` of the API, which looks its global up, and checks its version, at every call. The holder of globals is never replaced. */
function activeContext(): Context {
  globals ??= (globalThis as { [API_GLOBALS]?: ApiGlobals })[API_GLOBALS];
  return globals?.context?.active() ?? ROOT_CONTEXT;
}
