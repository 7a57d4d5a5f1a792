// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import * as fc from 'fast-check';
import { spanContext as localContext } from './span-contexts';

// Random use of the tracing API: what to call is data, so that the same calls can be made on any provider.

const key = fc.oneof(fc.constantFrom('a', 'b', 'http.route', '7', '12'), fc.string({ unit: 'binary', maxLength: 8 }));
const text = fc.string({ unit: 'binary', maxLength: 20 });
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(2 ** 40),
);
const value = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.array(number, { maxLength: 3 }),
  fc.array(fc.boolean(), { maxLength: 3 }),
);
/** What 3.x takes beside that: bytes, maps, and arrays of anything. Nested empty keys have no place in a file. */
const { anyValue } = fc.letrec<{ anyValue: unknown }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    value,
    fc.uint8Array({ maxLength: 8 }),
    fc.array(fc.oneof(tie('anyValue'), fc.constant(null)), { maxLength: 3 }),
    fc.dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), tie('anyValue'), { maxKeys: 3 }),
  ),
}));
/** Whole milliseconds, high-resolution times as users write them, and none. */
const time = fc.option(
  fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
    fc.tuple(fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }), fc.integer({ min: 0, max: 999_999_999 })),
    fc.date({ min: new Date(1_600_000_000_000), max: new Date(1_900_000_000_000), noInvalidDate: true }),
  ),
  { nil: undefined },
);
const spanContext = fc.tuple(localContext, fc.boolean()).map(([context, isRemote]) => ({ ...context, isRemote }));
const span = fc.nat({ max: 3 });

/** Sequences of calls whose attributes have these values. At least one span is started before anything else. */
function callsWith(value: fc.Arbitrary<unknown>) {
  const attributes = fc.dictionary(key, value, { maxKeys: 5 }) as fc.Arbitrary<Attributes>;
  const link = fc.record({ context: spanContext, attributes });
  const call = fc.oneof(
    fc.record({
      do: fc.constant('start' as const),
      tracer: fc.nat({ max: 2 }),
      parent: fc.option(fc.oneof(span, spanContext), { nil: undefined }),
      name: text,
      options: fc.record({
        kind: fc.integer({ min: 0, max: 4 }),
        attributes,
        links: fc.array(link, { maxLength: 3 }),
        startTime: time,
      }),
    }),
    fc.record({ do: fc.constant('setAttribute' as const), span, key, value }),
    fc.record({ do: fc.constant('setAttributes' as const), span, attributes }),
    fc.record({ do: fc.constant('addEvent' as const), span, name: text, attributes, time }),
    fc.record({ do: fc.constant('addLink' as const), span, link }),
    fc.record({ do: fc.constant('updateName' as const), span, name: text }),
    fc.record({ do: fc.constant('setStatus' as const), span, code: fc.constantFrom(0, 1, 2), message: text }),
    fc.record({ do: fc.constant('recordException' as const), span, message: text, time }),
    fc.record({ do: fc.constant('end' as const), span, time }),
  );
  return fc.array(call, { minLength: 1, maxLength: 30 });
}

/** With the values of 2.x. */
export const calls = callsWith(value);
/** With those of 3.x. */
export const callsOf3 = callsWith(anyValue);
export type Call = typeof calls extends fc.Arbitrary<(infer C)[]> ? C : never;

export const limits = fc.record({
  attributeCountLimit: fc.integer({ min: 1, max: 6 }),
  attributeValueLengthLimit: fc.integer({ min: 1, max: 20 }),
  eventCountLimit: fc.integer({ min: 0, max: 3 }),
  linkCountLimit: fc.integer({ min: 0, max: 3 }),
  attributePerEventCountLimit: fc.integer({ min: 0, max: 3 }),
  attributePerLinkCountLimit: fc.integer({ min: 0, max: 3 }),
});

/** Makes the calls on a provider's tracers, and ends what is open at last. */
export function perform(provider: TracerProvider, todo: Call[]): void {
  const tracers: Tracer[] = [
    provider.getTracer('first'),
    provider.getTracer('second', '1.2.3', { schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' }),
    provider.getTracer(''),
  ];
  const spans: Span[] = [];
  for (const one of todo) {
    if (one.do === 'start') {
      spans.push(tracers[one.tracer].startSpan(one.name, one.options, parentOf(spans, one.parent)));
    } else if (spans.length > 0) {
      apply(spans[spans.length - 1 - (one.span % spans.length)], one);
    }
  }
  for (const open of spans) {
    if (open.isRecording()) {
      open.end();
    }
  }
}

function parentOf(spans: Span[], parent: Extract<Call, { do: 'start' }>['parent']): Context {
  if (parent === undefined) {
    return ROOT_CONTEXT;
  }
  if (typeof parent === 'number') {
    return spans.length === 0 ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, spans[parent % spans.length]);
  }
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}

function apply(on: Span, one: Exclude<Call, { do: 'start' }>): void {
  switch (one.do) {
    case 'setAttribute':
      on.setAttribute(one.key, one.value as string);
      break;
    case 'setAttributes':
      on.setAttributes(one.attributes);
      break;
    case 'addEvent':
      on.addEvent(one.name, one.attributes, one.time);
      break;
    case 'addLink':
      on.addLink(one.link);
      break;
    case 'updateName':
      on.updateName(one.name);
      break;
    case 'setStatus':
      on.setStatus({ code: one.code, message: one.message });
      break;
    case 'recordException':
      on.recordException({ name: 'Error', message: one.message, stack: `Error: ${one.message}\n    at x` }, one.time);
      break;
    case 'end':
      on.end(one.time);
      break;
  }
}
