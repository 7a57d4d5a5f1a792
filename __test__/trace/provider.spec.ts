// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { context, diag, isSpanContextValid, propagation, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import test from 'ava';
import { MmapTracerProvider } from 'otlp-mmap';
import { attributeOf, Reader } from '../support/reader';
import { recording } from '../support/recording';
import { spansIn, withDirectory } from '../support/written-files';

const said: string[] = [];
const say = (message: string, ...rest: unknown[]) => void said.push([message, ...rest].map(String).join(' '));
diag.setLogger({ error: say, warn: say, info() {}, debug() {}, verbose() {} });

const silent: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

test('the_same_name_version_and_schema_give_the_same_tracer', (t) =>
  recording({}, ({ provider }) => {
    t.is(provider.getTracer('a'), provider.getTracer('a'));
    t.is(provider.getTracer('a', '1', { schemaUrl: 's' }), provider.getTracer('a', '1', { schemaUrl: 's' }));
    t.not(provider.getTracer('a', '1'), provider.getTracer('a', '2'));
    t.not(provider.getTracer('a', '1', { schemaUrl: 's' }), provider.getTracer('a', '1', { schemaUrl: 'other' }));
  }));

test('nothing_recorded_makes_no_file', (t) =>
  recording({}, ({ provider }) => {
    provider.getTracer('a');
    t.is(provider.status()?.file, undefined);
  }));

test('ids_are_valid_and_unlike_each_other_and_children_share_their_trace', (t) =>
  recording({}, ({ provider }) => {
    const tracer = provider.getTracer('a');
    const spans = Array.from({ length: 500 }, () => tracer.startSpan('root', {}, ROOT_CONTEXT));
    t.is(new Set(spans.map((span) => span.spanContext().traceId)).size, 500);
    t.is(new Set(spans.map((span) => span.spanContext().spanId)).size, 500);
    t.true(spans.every((span) => isSpanContextValid(span.spanContext())));
    const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, spans[0]));
    t.is(child.spanContext().traceId, spans[0].spanContext().traceId);
    const root = tracer.startSpan('root', { root: true }, trace.setSpan(ROOT_CONTEXT, spans[0]));
    t.not(root.spanContext().traceId, spans[0].spanContext().traceId);
  }));

test.serial('register_puts_provider_context_and_propagation_in_place', (t) =>
  recording({}, async ({ provider, directory }) => {
    provider.register();
    try {
      const carrier: Record<string, string> = {};
      await trace.getTracer('global').startActiveSpan('outer', async (outer) => {
        await new Promise((resolve) => setImmediate(resolve));
        t.is(trace.getActiveSpan(), outer);
        propagation.inject(context.active(), carrier);
        trace.getTracer('global').startSpan('inner').end();
        outer.end();
      });
      const [outer, inner] = ['outer', 'inner'].map(
        (name) => spansIn(directory).find(({ span }) => span.name === name)!.span,
      );
      t.is(inner.parentSpanId, outer.spanId);
      t.is(carrier.traceparent, `00-${outer.traceId}-${outer.spanId}-01`);
    } finally {
      trace.disable();
      context.disable();
      propagation.disable();
    }
  }),
);

test.serial('register_leaves_alone_what_is_given_as_null', (t) =>
  recording({}, ({ provider }) => {
    provider.register({ contextManager: null, propagator: null });
    t.deepEqual(propagation.fields(), []);
    t.is(
      context.with(ROOT_CONTEXT.setValue(Symbol.for('x'), 1), () => context.active()),
      ROOT_CONTEXT,
    );
    trace.disable();
  }),
);

test('start_active_span_takes_each_of_its_forms', (t) =>
  recording({}, ({ provider, directory }) => {
    const tracer = provider.getTracer('a');
    const end = (result: number) => (span: Span) => {
      span.end();
      return result;
    };
    t.is(tracer.startActiveSpan('one', end(1)), 1);
    t.is(tracer.startActiveSpan('two', { attributes: { a: 1 } }, end(2)), 2);
    t.is(tracer.startActiveSpan('three', {}, ROOT_CONTEXT, end(3)), 3);
    const names = spansIn(directory).map(({ span }) => span.name);
    t.deepEqual(names.sort(), ['one', 'three', 'two']);
    const fail = () => {
      throw new Error('of the app');
    };
    t.throws(() => tracer.startActiveSpan('four', fail), { message: 'of the app' });
  }));

test('force_flush_resolves_when_there_is_nothing_to_flush', (t) =>
  recording({}, async ({ provider }) => {
    await t.notThrowsAsync(provider.forceFlush());
  }));

test('force_flush_resolves_when_the_reader_has_acknowledged_everything', (t) =>
  recording({}, async ({ provider, directory }) => {
    const reader = new Reader(directory);
    provider.getTracer('a').startSpan('flushed').setAttribute('a', 1).end();
    await provider.forceFlush();
    t.deepEqual(
      reader.spans.map(({ span }) => span.name),
      ['flushed'],
    );
    await reader.stop();
  }));

test('force_flush_without_a_reader_rejects_naming_file_and_remedy', (t) =>
  recording({}, async ({ provider, directory }) => {
    provider.getTracer('a').startSpan('unread').end();
    const error = await t.throwsAsync(provider.forceFlush());
    t.true(error?.message.includes(directory));
    t.regex(error?.message ?? '', /npx otlp-mmap-collector --dir/);
    const late = await t.throwsAsync(provider.forceFlush({ timeoutMillis: 1 }));
    t.regex(late?.message ?? '', /^otlp-mmap: no collector reads/, 'also when there is little time');
    t.is(spansIn(directory).length, 1, 'nothing is lost');
  }));

test('after_shutdown_spans_record_nothing_and_calls_are_harmless', (t) =>
  recording({}, async ({ provider, directory }) => {
    const tracer = provider.getTracer('a');
    const open = tracer.startSpan('open');
    open.setAttribute('pending', 1);
    await Promise.all([provider.shutdown(), provider.shutdown()]);
    open.setAttribute('late', 1).addEvent('late').setStatus({ code: 2 });
    open.end();
    const after = tracer.startSpan('after', {}, trace.setSpan(ROOT_CONTEXT, open));
    t.false(after.isRecording());
    t.is(after.spanContext().traceId, open.spanContext().traceId, 'the trace goes on');
    after.setAttribute('a', 1);
    after.end();
    await provider.forceFlush();
    await provider.shutdown();
    t.is(provider.status(), undefined);
    const [span, ...others] = spansIn(directory, true);
    t.deepEqual(others, []);
    t.is(String(attributeOf(span, 'pending')), '1');
  }));

test('what_cannot_be_opened_is_told_once_and_hurts_nobody', (t) =>
  withDirectory(async (directory) => {
    const inTheWay = join(directory, 'file');
    writeFileSync(inTheWay, '');
    const provider = new MmapTracerProvider({ directory: join(inTheWay, 'folder'), resourceDetectors: [] });
    const tracer = provider.getTracer('a');
    for (let i = 0; i < 10; i++) tracer.startSpan('lost').setAttribute('a', i).addEvent('e').end();
    const lines = () => said.filter((line) => line.includes(inTheWay));
    while (lines().length === 0) await new Promise((resolve) => setImmediate(resolve));
    t.is(lines().length, 1, lines().join('\n'));
    await t.notThrowsAsync(provider.shutdown());
  }));

test('options_that_cannot_be_right_are_told_and_hurt_nobody', async (t) => {
  const provider = new MmapTracerProvider({ directory: '/x', geometry: { spansBufferSize: 7 }, resourceDetectors: [] });
  t.true(said.some((line) => line.includes('nothing is recorded')));
  const span = provider.getTracer('a').startSpan('span');
  t.false(span.isRecording());
  span.end();
  await provider.forceFlush();
  await provider.shutdown();
});

test('a_ring_that_stays_full_drops_the_newest_counts_them_and_says_so', (t) =>
  recording({ geometry: { spansBuffers: 16, spansBufferSize: 512 } }, async ({ provider, directory }) => {
    const tracer = provider.getTracer('a');
    for (let i = 0; i < 100; i++) tracer.startSpan(`span ${i}`).end();
    await new Promise((resolve) => setImmediate(resolve));
    const { drops } = provider.status()!;
    t.true(drops.spans.full >= 90, 'every refused record is counted');
    t.true(said.some((line) => line.includes(directory) && /is full/.test(line)));
    const names = spansIn(directory).map(({ span }) => span.name);
    t.deepEqual(
      names.sort(),
      ['span 0', 'span 1', 'span 2', 'span 3', 'span 4', 'span 5', 'span 6'],
      'the oldest are kept',
    );
  }));

test('errors_of_processors_and_samplers_stay_with_them', (t) => {
  const fail = () => {
    throw new Error('of a part');
  };
  const seen: string[] = [];
  const spanProcessors: SpanProcessor[] = [
    { ...silent, onStart: fail, onEnding: fail, onEnd: fail },
    { ...silent, onStart: () => void seen.push('start'), onEnd: () => void seen.push('end') },
  ];
  return recording({ spanProcessors }, async ({ provider, directory }) => {
    provider.getTracer('a').startSpan('span').end();
    t.deepEqual(seen, ['start', 'end']);
    t.is(spansIn(directory).length, 1);
    await recording({ sampler: { shouldSample: fail, toString: () => 'fails' } }, (other) => {
      t.false(other.provider.getTracer('a').startSpan('span').isRecording());
    });
  });
});

test('on_start_and_on_ending_may_change_the_span', (t) => {
  const times: unknown[] = [];
  const processor: SpanProcessor = {
    ...silent,
    onStart: (span) => void span.setAttribute('on.start', true),
    onEnding: (span: Span) => {
      span.setAttribute('on.ending', true).setStatus({ code: 2, message: 'late' });
      times.push((span as unknown as { endTime: unknown }).endTime);
    },
    onEnd: (span) => times.push(span.endTime),
  };
  return recording({ spanProcessors: [processor] }, ({ provider, directory }) => {
    provider.getTracer('a').startSpan('span').end();
    const [span] = spansIn(directory);
    t.is(attributeOf(span, 'on.start'), true);
    t.is(attributeOf(span, 'on.ending'), true);
    t.like(span.span.status, { code: 2, message: 'late' });
    t.deepEqual(times[0], times[1]);
    const [seconds, nanos] = times[1] as [number, number];
    t.is(span.span.end, `${BigInt(seconds) * 1_000_000_000n + BigInt(nanos)}`);
  });
});

test('a_sampler_is_asked_what_the_stock_sdk_would_ask_it', (t) => {
  const asked: unknown[] = [];
  const sampler: Sampler = {
    shouldSample: (...all) => {
      asked.push(all.slice(1));
      return { decision: 2 };
    },
    toString: () => 'curious',
  };
  return recording({ sampler }, ({ provider }) => {
    const link = { context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 } };
    const span = provider.getTracer('a').startSpan('name', { kind: 2, attributes: { a: 1, '': 2 }, links: [link] });
    t.deepEqual(asked, [[span.spanContext().traceId, 'name', 2, { a: 1 }, [{ ...link, attributes: {} }]]]);
  });
});

test('the_resource_is_ours_the_environments_and_the_users', (t) => {
  const detector = {
    detect: () => ({ attributes: { 'service.name': 'detected', 'host.name': 'h', 'telemetry.sdk.name': 'x' } }),
  };
  const resource = resourceFromAttributes({ 'service.name': 'given' });
  return recording({ resource, resourceDetectors: [detector], schemaUrl: 'https://s/1' }, ({ provider, directory }) => {
    provider.getTracer('a').startSpan('span').end();
    const [span] = spansIn(directory);
    const attributes = Object.fromEntries(
      (span.resource as { key: string; value: object }[]).map(({ key, value }) => [key, Object.values(value)[0]]),
    );
    t.like(attributes, {
      'service.name': 'given',
      'host.name': 'h',
      'telemetry.sdk.name': 'otlp-mmap',
      'telemetry.sdk.language': 'nodejs',
    });
    t.is(span.resourceSchemaUrl, 'https://s/1');
  });
});

test('providers_of_one_resource_share_a_file_and_others_do_not', (t) =>
  withDirectory(async (directory) => {
    const create = (name: string) =>
      new MmapTracerProvider({
        directory,
        resource: resourceFromAttributes({ 'service.name': name }),
        resourceDetectors: [],
      });
    const providers = [create('one'), create('one'), create('two')];
    for (const provider of providers) provider.getTracer('a').startSpan('span').end();
    const [first, second, third] = providers.map((provider) => provider.status()?.file);
    t.is(first, second);
    t.not(first, third);
    await providers[0].shutdown();
    providers[1].getTracer('a').startSpan('after the other is shut down').end();
    t.is(spansIn(directory).length, 4);
    await Promise.all(providers.map((provider) => provider.shutdown()));
  }));
