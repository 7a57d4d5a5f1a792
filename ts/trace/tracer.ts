// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  type Attributes,
  type Context,
  context as contextApi,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  SamplingDecision,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  type Tracer,
  type TraceState,
  trace,
} from '@opentelemetry/api';
import type { SamplingResult } from '@opentelemetry/sdk-trace-base';
import { sanitize } from '../attributes/valid.js';
import { errorOnce } from '../config/warn-once.js';
import { formatIdentity, parseWord, randomWord } from '../record/span-identity.js';
import type { IdSource } from './id-source.js';
import type { SamplerKind, Sampling } from './sampling.js';
import { MmapSpan } from './span.js';
import type { SpanPosition } from './span-data.js';
import type { SpanOrigin } from './span-origin.js';

/** The key under which @opentelemetry/core, in any version, marks a context whose spans are unwanted. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const SAMPLED = 1;
// Functions of the API that need no `this`; as properties of its exports they are getters.
const { getSpan, wrapSpanContext } = trace;

/** What the tracers of one provider share and the provider may change. */
export interface TracerState {
  readonly sampling: Sampling;
  /** Undefined: random ids. */
  readonly ids: IdSource | undefined;
  isShutDown: boolean;
}

/** Filled in anew for each span; spans are made one at a time. */
const position: SpanPosition = {
  trace0: 0,
  trace1: 0,
  trace2: 0,
  trace3: 0,
  span0: 0,
  span1: 0,
  hasParent: false,
  parent0: 0,
  parent1: 0,
  parentSampled: false,
  parentContext: undefined,
  context: undefined,
  traceFlags: SAMPLED,
};

export class MmapTracer implements Tracer {
  readonly #origin: SpanOrigin;
  readonly #state: TracerState;
  readonly #samplerKind: SamplerKind;

  constructor(origin: SpanOrigin, state: TracerState) {
    this.#origin = origin;
    this.#state = state;
    this.#samplerKind = state.sampling.kind;
  }

  startSpan(name: string, options?: SpanOptions, parentContext: Context = contextApi.active()): Span {
    try {
      const context = options?.root === true ? trace.deleteSpan(parentContext) : parentContext;
      // The root context holds nothing.
      const isRoot = context === ROOT_CONTEXT;
      if (!isRoot && context.getValue(SUPPRESS_TRACING) === true) return wrapSpanContext(INVALID_SPAN_CONTEXT);
      const parent = isRoot ? undefined : getSpan(context);
      if (this.#state.isShutDown) {
        this.#origin.records.refuse();
        return wrapSpanContext(parent?.spanContext() ?? INVALID_SPAN_CONTEXT);
      }
      const traceState = takeParent(parent);
      this.#drawIds();
      position.traceFlags = SAMPLED;

      const kind = this.#samplerKind;
      if (kind === 'custom') return this.#startAsked(name, options, context, parent, traceState);
      if (kind === 'parentbased_always_on' && position.hasParent && !position.parentSampled) {
        return wrapSpanContext(contextOf(0, traceState));
      }
      if (traceState !== undefined) position.context = contextOf(SAMPLED, traceState);
      const span = new MmapSpan(this.#origin, position, name, options?.kind);
      span.begin(context, options?.attributes, options?.links, options?.startTime);
      return span;
    } catch (error) {
      // JavaScript allows what the types forbid; and a getter may throw.
      errorOnce('options or context that cannot be read: such spans are not recorded', error);
      return wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
  }

  /** Starts a span as the sampler decides. */
  #startAsked(
    name: string,
    options: SpanOptions | undefined,
    context: Context,
    parent: Span | undefined,
    parentTraceState: TraceState | undefined,
  ): Span {
    const draft = contextOf(SAMPLED, parentTraceState);
    const attributes = sanitize(options?.attributes);
    const links = (options?.links ?? []).map((link) => ({
      context: link.context,
      attributes: sanitize(link.attributes),
    }));
    // The sampler may start spans of its own: keep the position until it has answered.
    const kept = { ...position };
    const result = this.#ask(context, draft.traceId, name, options?.kind ?? SpanKind.INTERNAL, attributes, links);
    Object.assign(position, kept);
    const traceState = result.traceState ?? parentTraceState;
    const traceFlags = result.decision === SamplingDecision.RECORD_AND_SAMPLED ? SAMPLED : 0;
    const spanContext: SpanContext = { ...draft, traceFlags, traceState };
    if (result.decision === SamplingDecision.NOT_RECORD) return wrapSpanContext(spanContext);

    position.context = spanContext;
    position.traceFlags = traceFlags;
    if (position.hasParent) position.parentContext = parent?.spanContext();
    const span = new MmapSpan(this.#origin, position, name, options?.kind);
    const merged = result.attributes === undefined ? attributes : Object.assign(attributes, result.attributes);
    span.begin(context, merged, links, options?.startTime);
    return span;
  }

  #ask(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    try {
      const { sampler } = this.#state.sampling;
      if (sampler !== undefined) return sampler.shouldSample(context, traceId, name, kind, attributes, links);
    } catch (error) {
      errorOnce('the sampler threw: spans for which it does are not recorded', error);
    }
    return { decision: SamplingDecision.NOT_RECORD };
  }

  /** The span's own id, and a trace id when it has no parent. */
  #drawIds(): void {
    const { ids } = this.#state;
    if (ids !== undefined) {
      ids.draw(position);
      return;
    }
    do {
      position.span0 = randomWord();
      position.span1 = randomWord();
    } while ((position.span0 | position.span1) === 0);
    if (position.hasParent) return;
    do {
      position.trace0 = randomWord();
      position.trace1 = randomWord();
      position.trace2 = randomWord();
      position.trace3 = randomWord();
    } while ((position.trace0 | position.trace1 | position.trace2 | position.trace3) === 0);
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    second?: SpanOptions | F,
    third?: Context | F,
    fourth?: F,
  ): ReturnType<F> | undefined {
    const fn = (fourth ?? third ?? second) as F;
    if (typeof fn !== 'function') return undefined;
    const options = second === fn ? undefined : (second as SpanOptions | undefined);
    const given = fourth === undefined ? undefined : (third as Context | undefined);
    const parentContext = given ?? contextApi.active();
    const span = this.startSpan(name, options, parentContext);
    return contextApi.with(trace.setSpan(parentContext, span), fn as never, undefined, span) as ReturnType<F>;
  }
}

/** Fills in what a span has of its parent. Returns the trace state that it inherits. */
function takeParent(parent: Span | undefined): TraceState | undefined {
  position.context = undefined;
  position.parentContext = undefined;
  if (parent instanceof MmapSpan) {
    position.hasParent = true;
    position.trace0 = parent.trace0;
    position.trace1 = parent.trace1;
    position.trace2 = parent.trace2;
    position.trace3 = parent.trace3;
    position.parent0 = parent.span0;
    position.parent1 = parent.span1;
    position.parentSampled = (parent.flags & SAMPLED) === SAMPLED;
    return parent.inheritedTraceState(position);
  }
  position.hasParent = false;
  position.parent0 = 0;
  position.parent1 = 0;
  position.parentSampled = false;
  const context = parent?.spanContext();
  if (context === undefined || context === null || !isSpanContextValid(context)) return undefined;
  const { traceId, spanId } = context;
  position.hasParent = true;
  position.parentContext = context;
  position.trace0 = parseWord(traceId, 0);
  position.trace1 = parseWord(traceId, 8);
  position.trace2 = parseWord(traceId, 16);
  position.trace3 = parseWord(traceId, 24);
  position.parent0 = parseWord(spanId, 0);
  position.parent1 = parseWord(spanId, 8);
  position.parentSampled = (context.traceFlags & SAMPLED) === SAMPLED;
  return context.traceState;
}

/** The span's context by its position; ids as the generator or the parent spelt them. */
function contextOf(traceFlags: number, traceState: TraceState | undefined): SpanContext {
  const known = position.context;
  if (known !== undefined) return { ...known, traceFlags, traceState };
  const ids = formatIdentity(position);
  const traceId = position.parentContext?.traceId ?? ids.substring(0, 32);
  return { traceId, spanId: ids.substring(32), traceFlags, traceState };
}
