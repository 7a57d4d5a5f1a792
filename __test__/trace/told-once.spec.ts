// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Attributes, DiagLogLevel, diag, type SpanStatus } from '@opentelemetry/api';
import test from 'ava';
import type { MmapTracerProviderOptions } from '../../ts/trace/options';
import { recording } from '../support/recording';

const broken = () => {
  throw new Error('of the user');
};
const unreadable = new Proxy({}, { get: broken, ownKeys: broken });

/** What an app can get wrong at every call, each with what the line about it begins with. */
const MISTAKES: [line: string, options: MmapTracerProviderOptions, startAttributes?: unknown][] = [
  ['the sampler threw', { sampler: { shouldSample: broken } }],
  ['generateSpanId of the id generator threw', { idGenerator: { generateSpanId: broken, generateTraceId: broken } }],
  [
    'generateSpanId of the id generator returns',
    { idGenerator: { generateSpanId: () => `${Math.random()}`, generateTraceId: () => `${Math.random()}` } },
  ],
  [
    "a span processor's onStart threw",
    { spanProcessors: [{ onStart: broken, onEnd: broken, shutdown: async () => {} } as never] },
  ],
  ['attributes that cannot be read', {}, unreadable],
];

let lines: string[] = [];
const take = (line: string) => {
  lines.push(line);
  throw new Error('of the logger');
};
diag.setLogger({ error: take, warn: take, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ALL);

for (const [line, options, attributes] of MISTAKES) {
  test.serial(`${line.replaceAll(' ', '_')}_is_told_once_and_a_logger_that_throws_hurts_nobody`, (t) =>
    recording(options, ({ provider }) => {
      lines = [];
      for (let i = 0; i < 3; i++) {
        provider
          .getTracer('a')
          .startSpan('span', { attributes: attributes as Attributes })
          .end();
      }
      t.is(lines.filter((told) => told.startsWith(`otlp-mmap: ${line}`)).length, 1, lines.join('\n'));
    }),
  );
}

test.serial('a_status_that_cannot_be_read_is_told_once', (t) =>
  recording({}, ({ provider }) => {
    lines = [];
    const span = provider.getTracer('a').startSpan('span');
    for (let i = 0; i < 3; i++) span.setStatus(undefined as unknown as SpanStatus);
    span.end();
    t.deepEqual(lines, ['otlp-mmap: a status that cannot be read is left out']);
  }),
);
