// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { IdGenerator, Sampler, SamplingResult } from '@opentelemetry/sdk-trace-base';
import * as fc from 'fast-check';

// Random use of the tracing API as data, so that the same calls can be made on two providers; also what types forbid and
// JavaScript allows.

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 25, maxLength: 60 }),
  fc.constantFrom('', '\ud800', 'a\udc00b', '😀'.repeat(20)),
);
/** Without `__proto__`, which the stock SDK loses (it assigns to it), and we keep. */
const key = fc
  .oneof(fc.constantFrom('a', 'b', 'c', 'http.route', '7', ''), text)
  .filter((name) => name !== '__proto__');
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, 2 ** 53, 2 ** 63, -(2 ** 63), 2 ** 64, -1, 2 ** 32, -(2 ** 32), 1e300),
);
const nothing = fc.constantFrom(null, undefined);
/** What 2.x and 3.x of the SDK take alike, on spans, events and links. */
const simple = fc.oneof(
  { arbitrary: text, weight: 4 },
  { arbitrary: number, weight: 4 },
  fc.boolean(),
  fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), nothing), { maxLength: 4 }),
  fc.array(fc.oneof(number, nothing), { maxLength: 4 }),
  fc.array(fc.oneof(fc.boolean(), nothing), { maxLength: 4 }),
);
/** Not attributes at all. */
const none = fc.constantFrom<unknown>([Symbol.iterator], new Date(0), [new Map()], Symbol.iterator, () => 1);
/** Maps, bytes and mixed arrays: attributes of spans and links from 1.10 of the API on, and none to 2.x. */
const { anyValue } = fc.letrec<{ anyValue: unknown }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    simple,
    fc.uint8Array({ maxLength: 8 }),
    fc.array(fc.oneof(tie('anyValue'), nothing), { maxLength: 3 }),
    fc.dictionary(
      key.filter((name) => name !== ''),
      fc.oneof(tie('anyValue'), nothing),
      { maxKeys: 3 },
    ),
  ),
}));

const attributesOf = (key: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    fc.array(fc.tuple(key, value), { maxLength: 6 }).map((pairs) => Object.fromEntries(pairs)),
    fc.constantFrom(undefined, null),
  );

/** Times of years before this one, so that they are told from the clock's. */
const time = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 3 },
  fc.integer({ min: 1_000_000_000_000, max: 1_600_000_000_000 }),
  fc.double({ min: 1_000_000_000_000, max: 1_600_000_000_000, noNaN: true }),
  fc.tuple(fc.integer({ min: 1_000_000_000, max: 1_600_000_000 }), fc.integer({ min: 0, max: 1_999_999_999 })),
  fc.date({ min: new Date(1_000_000_000_000), max: new Date(1_600_000_000_000), noInvalidDate: true }),
  fc.constantFrom<unknown>(null, 'yesterday', {}, [1, 2, 3]),
);

const hexadecimal = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: length, maxLength: length });
const traceState = fc.constantFrom(undefined, 'a=1', 'vendor=x,other=y');
const spanContext = fc.record({
  traceId: fc.oneof({ arbitrary: hexadecimal(32), weight: 9 }, fc.constantFrom('0'.repeat(32), 'nonsense')),
  spanId: fc.oneof({ arbitrary: hexadecimal(16), weight: 9 }, fc.constant('0'.repeat(16))),
  traceFlags: fc.constantFrom(0, 1, 3, 255),
  isRemote: fc.constantFrom(true, false, undefined),
  traceState,
});
const linkContext = fc.record({
  traceId: fc.oneof(hexadecimal(32), fc.constant('0'.repeat(32))),
  spanId: hexadecimal(16),
  traceFlags: fc.constantFrom(0, 1),
  isRemote: fc.constantFrom(true, false, undefined),
  traceState,
});
const span = fc.nat({ max: 4 });
const status = fc.record({
  code: fc.constantFrom(0, 1, 2),
  message: fc.oneof(text, fc.constantFrom<unknown>(undefined, null, 7)),
});
const exception = fc.oneof(
  text,
  fc.record({ name: text, message: text, stack: text }, { noNullPrototype: true }),
  fc.record({ code: fc.constantFrom(0, 'E_CODE', 42), message: text }, { noNullPrototype: true }),
  fc.constantFrom<unknown>({}, undefined),
);
const parent = fc.oneof(
  { arbitrary: span.map((local) => ({ local })), weight: 4 },
  spanContext.map((remote) => ({ remote })),
  fc.constant({}),
);

type Some = fc.Arbitrary<Record<string, unknown> | null | undefined>;

/** Attributes by where they go. */
interface Values {
  /** One that is set. */
  value: fc.Arbitrary<unknown>;
  /** Several that are set. */
  ofSpan: Some;
  ofStart: Some;
  ofEvent: Some;
  ofLink: Some;
}

function callsWith({ value, ofSpan, ofStart, ofEvent, ofLink }: Values) {
  const link = fc.record({ context: linkContext, attributes: ofLink });
  const call = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('start' as const),
        tracer: fc.nat({ max: 2 }),
        parent,
        suppressed: fc.integer({ min: 0, max: 20 }).map((n) => n === 0),
        name: text,
        options: fc.oneof(
          fc.constant(undefined),
          fc.record({
            kind: fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 4 })),
            attributes: ofStart,
            links: fc.oneof(fc.constant(undefined), fc.array(link, { maxLength: 3 })),
            startTime: time,
            root: fc.constantFrom(undefined, false, false, true),
          }),
        ),
      }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('setAttribute' as const), span, key, value }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('setAttributes' as const), span, attributes: ofSpan }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('addEvent' as const),
        span,
        name: text,
        attributes: ofEvent,
        time,
        more: time,
      }),
    },
    fc.record({ do: fc.constant('addLinks' as const), span, links: fc.array(link, { maxLength: 3 }) }),
    fc.record({ do: fc.constant('updateName' as const), span, name: text }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('setStatus' as const), span, status }) },
    fc.record({ do: fc.constant('recordException' as const), span, exception, time }),
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), span, time }) },
  );
  return fc.array(call, { minLength: 1, maxLength: 40 });
}

const valueOf2 = fc.oneof({ arbitrary: simple, weight: 12 }, nothing, none);
const attributesOf2 = attributesOf(key, valueOf2);
/** Random calls with what 2.x takes, and what it leaves out. */
export const calls = callsWith({
  value: valueOf2,
  ofSpan: attributesOf2,
  ofStart: attributesOf2,
  ofEvent: attributesOf2,
  ofLink: attributesOf2,
});
export type Call = typeof calls extends fc.Arbitrary<(infer C)[]> ? C : never;

const named = key.filter((name) => name !== '');
const valueOf3 = fc.oneof({ arbitrary: anyValue, weight: 12 }, fc.constant(undefined));
/**
 * The same for 3.x. Not with what the two make different things of: 3.x keeps a null, and counts most of what is no attribute as
 * dropped. Our provider does as 2.x there.
 */
export const callsOf3 = callsWith({
  value: valueOf3,
  ofSpan: attributesOf(key, valueOf3),
  ofStart: attributesOf(named, anyValue),
  ofEvent: attributesOf(named, simple),
  ofLink: attributesOf(named, anyValue),
});

const limit = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 4 }), fc.constant(Number.POSITIVE_INFINITY));
export const limits = fc.record({
  attributeCountLimit: limit,
  attributeValueLengthLimit: fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 10 })),
  eventCountLimit: limit,
  linkCountLimit: limit,
  attributePerEventCountLimit: limit,
  attributePerLinkCountLimit: limit,
});

/** Makes the calls on a provider's tracers, and ends what is open at last. */
export function perform(provider: TracerProvider, todo: Call[]): void {
  const tracers = [
    provider.getTracer('first'),
    provider.getTracer('second', '1.2.3', { schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' }),
    provider.getTracer('', ''),
  ];
  const spans: Span[] = [];
  for (const one of todo) {
    if (one.do === 'start') {
      const context = parentOf(spans, one.parent);
      spans.push(
        tracers[one.tracer].startSpan(
          one.name,
          optionsOf(one.options),
          one.suppressed ? suppressTracing(context) : context,
        ),
      );
    } else if (spans.length > 0) {
      apply(spans[spans.length - 1 - (one.span % spans.length)], one);
    }
  }
  for (const open of spans) if (open.isRecording()) open.end();
}

function parentOf(spans: Span[], parent: Extract<Call, { do: 'start' }>['parent']): Context {
  if ('local' in parent && parent.local !== undefined && spans.length > 0) {
    return trace.setSpan(ROOT_CONTEXT, spans[parent.local % spans.length]);
  }
  if ('remote' in parent && parent.remote !== undefined) {
    const { traceState, ...rest } = parent.remote;
    return trace.setSpanContext(ROOT_CONTEXT, {
      ...rest,
      traceState: traceState === undefined ? undefined : createTraceState(traceState),
    });
  }
  return ROOT_CONTEXT;
}

// biome-ignore lint/suspicious/noExplicitAny: calls with values that the types forbid
function apply(on: any, one: Exclude<Call, { do: 'start' }>): void {
  switch (one.do) {
    case 'setAttribute':
      on.setAttribute(one.key, one.value);
      break;
    case 'setAttributes':
      on.setAttributes(one.attributes);
      break;
    case 'addEvent':
      on.addEvent(one.name, one.attributes ?? one.time, one.more);
      break;
    case 'addLinks':
      on.addLinks(one.links.map(linkOf));
      break;
    case 'updateName':
      on.updateName(one.name);
      break;
    case 'setStatus':
      on.setStatus(one.status);
      break;
    case 'recordException':
      on.recordException(one.exception, one.time);
      break;
    case 'end':
      on.end(one.time);
      break;
  }
}

function optionsOf(options: Extract<Call, { do: 'start' }>['options']): SpanOptions | undefined {
  return options && ({ ...options, links: options.links?.map(linkOf) } as SpanOptions);
}

function linkOf({
  context,
  attributes,
}: {
  context: { traceState: string | undefined };
  attributes: unknown;
}): unknown {
  const { traceState, ...rest } = context;
  return {
    context: { ...rest, traceState: traceState === undefined ? undefined : createTraceState(traceState) },
    attributes,
  };
}

/** Ids that are the same for the same calls. */
export class CountingIds implements IdGenerator {
  #traces = 0;
  #spans = 0;
  generateTraceId(): string {
    return (++this.#traces).toString(16).padStart(32, 'a');
  }
  generateSpanId(): string {
    return (++this.#spans).toString(16).padStart(16, 'b');
  }
}

/** Decides by what it is asked about, and adds attributes and a trace state of its own. */
export class MoodySampler implements Sampler {
  shouldSample(_context: Context, _traceId: string, name: string, kind: number, attributes: object): SamplingResult {
    const mood = name.length + kind + Object.keys(attributes).length;
    return {
      decision: mood % 4 === 0 ? 0 : mood % 4 === 1 ? 1 : 2,
      attributes: mood % 3 === 0 ? { sampled: mood, a: 'by the sampler' } : undefined,
      traceState: mood % 5 === 0 ? createTraceState(`mood=${mood}`) : undefined,
    };
  }
  toString(): string {
    return 'MoodySampler';
  }
}
