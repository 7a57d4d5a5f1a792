// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { LoggerProvider, LogRecord } from '@opentelemetry/api-logs';
import * as fc from 'fast-check';
import { spanContext } from './span-contexts';

// Random log records as data, so that the same ones can be emitted through any provider.

const text = fc.string({ unit: 'binary', maxLength: 20 });
/** Nested empty keys have no place in a file: bad-input.spec.ts has what becomes of them. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'http.route', '7', '12'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
);
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, 2 ** 40, 2 ** 63, -(2 ** 63), Number.NaN, Number.POSITIVE_INFINITY),
);
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const bytes = fc.uint8Array({ maxLength: 4 });

/** Every shape of AnyValue. */
const { anyValue } = fc.letrec<{ anyValue: unknown }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    bytes,
    fc.array(tie('anyValue'), { maxLength: 4 }),
    fc.dictionary(key, tie('anyValue'), { maxKeys: 4 }),
  ),
}));
const attributes = fc.dictionary(fc.oneof(key, fc.constant('')), anyValue, { maxKeys: 6 });

const time = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
  fc.tuple(fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }), fc.integer({ min: 0, max: 999_999_999 })),
  fc.date({ min: new Date(1_600_000_000_000), max: new Date(1_900_000_000_000), noInvalidDate: true }),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const emission = fc.record({
  logger: fc.nat({ max: 2 }),
  span: optional(spanContext),
  record: fc.record({
    timestamp: time,
    observedTimestamp: time,
    severityNumber: optional(fc.integer({ min: 0, max: 24 })),
    severityText: optional(text),
    eventName: optional(text),
    body: optional(anyValue),
    attributes: optional(attributes),
    exception: optional(fc.record({ name: fc.constant('Error'), message: text, stack: text })),
  }),
});
export type Emission = typeof emission extends fc.Arbitrary<infer E> ? E : never;

export const emissions = fc.array(emission, { minLength: 1, maxLength: 20 });

export const logLimits = fc.record({
  attributeCountLimit: fc.integer({ min: 1, max: 6 }),
  attributeValueLengthLimit: fc.integer({ min: 4, max: 20 }),
});
export type LogLimits = typeof logLimits extends fc.Arbitrary<infer L> ? L : never;

/** Emits the records through loggers of a provider. */
export function emitAll(provider: LoggerProvider, todo: Emission[]): void {
  const loggers = [
    provider.getLogger('first'),
    provider.getLogger('second', '1.2.3', { schemaUrl: 'https://s/1.30.0', attributes: { team: 'core', size: 7 } }),
    provider.getLogger(''),
  ];
  for (const { logger, span, record } of todo) {
    const context = span === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, span);
    loggers[logger].emit({ ...record, context } as LogRecord);
  }
}
