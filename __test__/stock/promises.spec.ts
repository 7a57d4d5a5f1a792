// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  SamplingDecision,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import test from 'ava';
import { MmapSpanExporter } from '../../ts/stock/span-exporter';
import { MmapSpanProcessor } from '../../ts/stock/span-processor';
import { attributeOf, Reader } from '../support/reader';
import { filesIn, spansIn, withDirectory } from '../support/written-files';

test('a_span_that_is_open_is_in_the_file_with_what_it_started_with', (t) =>
  withDirectory(async (directory) => {
    const provider = new BasicTracerProvider({ spanProcessors: [new MmapSpanProcessor({ directory })] });
    const span = provider.getTracer('stock').startSpan('open', { attributes: { early: 1 } });
    span.setAttribute('late', 2);
    const [open, ...others] = spansIn(directory, true);
    t.deepEqual(others, []);
    t.is(open.span.name, 'open');
    t.is(attributeOf(open, 'early'), '1');
    t.is(attributeOf(open, 'late'), undefined);
    span.end();
    const [ended] = spansIn(directory);
    t.is(attributeOf(ended, 'late'), '2');
    await provider.shutdown();
  }));

test('spans_that_are_not_sampled_never_reach_the_file', (t) =>
  withDirectory(async (directory) => {
    const sampler = { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'record only' };
    const spanProcessors = [
      new MmapSpanProcessor({ directory }),
      new BatchSpanProcessor(new MmapSpanExporter({ directory })),
    ];
    const provider = new BasicTracerProvider({ sampler, spanProcessors });
    const span = provider.getTracer('stock').startSpan('recorded only');
    t.true(span.isRecording());
    t.is(span.spanContext().traceFlags, TraceFlags.NONE);
    span.end();
    await provider.shutdown();
    t.deepEqual(filesIn(directory), []);
  }));

test('what_another_processor_takes_away_before_the_end_is_not_exported', (t) =>
  withDirectory(async (directory) => {
    const redact: SpanProcessor = {
      onStart() {},
      onEnding(span) {
        delete span.attributes.secret;
        span.links.shift();
      },
      onEnd() {},
      async forceFlush() {},
      async shutdown() {},
    };
    const provider = new BasicTracerProvider({ spanProcessors: [new MmapSpanProcessor({ directory }), redact] });
    const link = (digit: string) => ({
      context: { traceId: digit.repeat(32), spanId: digit.repeat(16), traceFlags: 1 },
    });
    const span = provider.getTracer('stock').startSpan('redacted', {
      attributes: { secret: 'password', open: 'yes' },
      links: [link('1'), link('2')],
    });
    span.addEvent('kept');
    span.end();
    const [written, ...others] = spansIn(directory);
    t.deepEqual(others, []);
    t.deepEqual(written.span.attributes, [{ key: 'open', value: { stringValue: 'yes' } }]);
    t.deepEqual(
      (written.span.links as { spanId: string }[]).map(({ spanId }) => spanId),
      ['2'.repeat(16)],
    );
    t.is((written.span.events as unknown[]).length, 1);
    await provider.shutdown();
  }));

test('a_value_changed_within_is_written_as_it_is_at_the_end', (t) =>
  withDirectory(async (directory) => {
    const provider = new BasicTracerProvider({ spanProcessors: [new MmapSpanProcessor({ directory })] });
    const span = provider.getTracer('stock').startSpan('changed', { attributes: { list: ['a'] } });
    ((span as unknown as { attributes: { list: string[] } }).attributes.list as string[]).push('b');
    span.end();
    const [written] = spansIn(directory);
    t.deepEqual(attributeOf(written, 'list'), [{ stringValue: 'a' }, { stringValue: 'b' }]);
    await provider.shutdown();
  }));

test('spans_made_before_slow_detectors_settle_arrive_with_the_whole_resource', (t) =>
  withDirectory(async (directory) => {
    let settle: (value: string) => void = () => {};
    const slow = new Promise<string>((resolve) => {
      settle = resolve;
    });
    const resource = resourceFromAttributes({ 'service.name': 'slow', 'cloud.region': slow });
    const provider = new BasicTracerProvider({ resource, spanProcessors: [new MmapSpanProcessor({ directory })] });
    const reader = new Reader(directory);
    provider.getTracer('stock').startSpan('early').end();
    settle('north');
    const span = await reader.read('early');
    t.regex(JSON.stringify(span.resource), /north/);
    await reader.stop();
    await provider.shutdown();
  }));

test('two_providers_with_one_processor_keep_their_resources_apart', (t) =>
  withDirectory(async (directory) => {
    const processor = new MmapSpanProcessor({ directory });
    for (const name of ['one', 'two']) {
      const resource = resourceFromAttributes({ 'service.name': name });
      const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
      provider.getTracer(name).startSpan(name).end();
    }
    const found = spansIn(directory).map(({ span, resource, scope }) => [span.name, resource, scope]);
    t.deepEqual(
      found.sort(),
      ['one', 'two'].map((name) => [
        name,
        [{ key: 'service.name', value: { stringValue: name } }],
        { name, version: '', attributes: [] },
      ]),
    );
    await processor.shutdown();
  }));

test('force_flush_resolves_when_the_collector_has_everything', (t) =>
  withDirectory(async (directory) => {
    const processor = new MmapSpanProcessor({ directory });
    const provider = new BasicTracerProvider({ spanProcessors: [processor] });
    await processor.forceFlush();
    const reader = new Reader(directory);
    for (let i = 0; i < 100; i++) {
      provider.getTracer('stock').startSpan(`span ${i}`).end();
    }
    await processor.forceFlush();
    t.is(reader.spans.length, 100);
    await reader.stop();
    await provider.shutdown();
  }));

test('force_flush_without_a_collector_rejects_naming_the_place_and_loses_nothing', (t) =>
  withDirectory(async (directory) => {
    const processor = new MmapSpanProcessor({ directory, flushTimeoutMillis: 50 });
    const provider = new BasicTracerProvider({ spanProcessors: [processor] });
    provider.getTracer('stock').startSpan('kept').end();
    const error = await t.throwsAsync(processor.forceFlush());
    t.true(error?.message.includes(directory));
    await provider.shutdown();
    t.is(spansIn(directory).length, 1);
  }));

test('after_shutdown_nothing_is_written_and_nothing_is_thrown', (t) =>
  withDirectory(async (directory) => {
    const provider = new BasicTracerProvider({ spanProcessors: [new MmapSpanProcessor({ directory })] });
    const tracer = provider.getTracer('stock');
    const across = tracer.startSpan('across');
    await provider.shutdown();
    across.end();
    tracer.startSpan('after').end();
    t.deepEqual(spansIn(directory), []);
    t.deepEqual(
      spansIn(directory, true).map(({ span }) => span.name),
      ['across'],
    );
  }));

test('an_exporter_that_is_shut_down_reports_failure', (t) =>
  withDirectory(async (directory) => {
    const exporter = new MmapSpanExporter({ directory });
    await exporter.shutdown();
    const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    provider.getTracer('stock').startSpan('late').end();
    await t.throwsAsync(provider.forceFlush(), { any: true });
  }));

test.serial('node_sdk_switches_by_one_line', (t) =>
  withDirectory(async (directory) => {
    const sdk = new NodeSDK({
      spanProcessors: [new MmapSpanProcessor({ directory })],
      metricReaders: [],
      logRecordProcessors: [],
    });
    sdk.start();
    const tracer = trace.getTracer('node-sdk');
    const parent = tracer.startSpan('parent');
    tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, parent)).end();
    parent.end();
    await sdk.shutdown();
    const spans = spansIn(directory);
    t.deepEqual(spans.map(({ span }) => span.name).sort(), ['child', 'parent']);
    t.is(new Set(spans.map(({ span }) => span.traceId)).size, 1);
  }),
);
