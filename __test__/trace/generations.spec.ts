// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import test from 'ava';
import { attributeOf, Reader } from '../support/reader';
import { recording } from '../support/recording';
import { filesIn } from '../support/written-files';

/** A dictionary that a few hundred keys fill, so that the file rolls over again and again. */
const geometry = {
  spansBuffers: 4096,
  spansBufferSize: 512,
  eventsBuffers: 2,
  measurementsBuffers: 2,
  dictionaryBytes: 16 << 10,
};

test('a_roll_over_between_any_two_calls_loses_nothing', (t) =>
  recording({ geometry }, async ({ provider, directory }) => {
    const tracer = provider.getTracer('rolling', '1');
    const root = tracer.startSpan('root', { attributes: { 'of.root': 'kept' } });
    const context = trace.setSpan(ROOT_CONTEXT, root);
    const count = 600;
    const pair = (i: number): [string, string] => [`a.key.that.is.used.once.${'x'.repeat(40)}.${i}`, `value ${i}`];
    for (let i = 0; i < count; i++) {
      const [key, value] = pair(i);
      const span = tracer.startSpan(`span ${i}`, { attributes: { [`${key}.start`]: value } }, context);
      span.setAttribute('before', i);
      span.setAttribute(key, value);
      if (i % 3 === 0) span.addEvent('event', { [`${key}.event`]: value });
      if (i % 3 === 1) span.setStatus({ code: 2, message: value });
      root.setAttribute('last', i);
      span.end();
    }
    root.end();
    t.true(provider.status()!.generation >= 5, 'the file has rolled over');
    t.true(filesIn(directory).length > 1);
    t.deepEqual(provider.status()?.drops, {});

    const reader = new Reader(directory);
    await reader.read('root');
    await reader.stop();
    const spans = new Map(reader.spans.map((span) => [span.span.name, span]));
    t.is(spans.size, count + 1);
    for (let i = 0; i < count; i++) {
      const [key, value] = pair(i);
      const span = spans.get(`span ${i}`)!;
      t.is(attributeOf(span, `${key}.start`), value);
      t.is(attributeOf(span, key), value);
      t.is(String(attributeOf(span, 'before')), `${i}`);
      t.is(span.span.parentSpanId, root.spanContext().spanId);
      if (i % 3 === 0) t.regex(JSON.stringify(span.span.events), new RegExp(`"${value}"`));
      if (i % 3 === 1) t.deepEqual(span.span.status, { code: 2, message: value });
    }
    t.is(attributeOf(spans.get('root')!, 'of.root'), 'kept');
    t.is(String(attributeOf(spans.get('root')!, 'last')), `${count - 1}`);
  }));

test('spans_made_before_slow_detectors_settle_arrive_with_the_whole_resource', (t) => {
  let settle: (value: string) => void = () => {};
  const slow = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const resource = resourceFromAttributes({ 'service.name': 'slow', 'cloud.region': slow });
  return recording({ resource }, async ({ provider, directory }) => {
    const reader = new Reader(directory);
    const span = provider.getTracer('t').startSpan('early');
    span.setAttribute('set.before', 1);
    settle('north');
    await resource.waitForAsyncAttributes?.();
    await new Promise((resolve) => setImmediate(resolve));
    span.setAttribute('set.after', 2);
    span.end();
    const early = await reader.read('early');
    t.regex(JSON.stringify(early.resource), /north/);
    t.is(String(attributeOf(early, 'set.before')), '1');
    t.is(String(attributeOf(early, 'set.after')), '2');
    await reader.stop();
  });
});
