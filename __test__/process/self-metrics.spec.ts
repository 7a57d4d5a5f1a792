// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import test from 'ava';
import { MmapLoggerProvider, MmapLogRecordProcessor, MmapSpanProcessor, MmapTracerProvider } from 'otlp-mmap';
import { withDirectory } from '../support/written-files';

// The metrics that the semantic conventions have for an SDK, on request.

class ManualReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}

  /** Values by metric and attributes. */
  async read(): Promise<Record<string, Record<string, number>>> {
    const { resourceMetrics } = await this.collect();
    const values: Record<string, Record<string, number>> = {};
    for (const { metrics } of resourceMetrics.scopeMetrics) {
      for (const { descriptor, dataPoints } of metrics) {
        values[descriptor.name] = Object.fromEntries(
          dataPoints.map(({ attributes, value }) => [Object.values(attributes).join(' '), value as number]),
        );
      }
    }
    return values;
  }
}

const geometry = { eventsBuffers: 16, spansBuffers: 64, measurementsBuffers: 2 };

test('spans_and_their_ring_are_counted', (t) =>
  withDirectory(async (directory) => {
    const reader = new ManualReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const sampler = {
      shouldSample: (_context: unknown, _trace: string, name: string) => ({
        decision: name === 'dropped' ? 0 : name === 'recorded' ? 1 : 2,
      }),
      toString: () => 'by name',
    };
    const options = { directory, resourceDetectors: [], geometry, meterProvider, sampler };
    const provider = new MmapTracerProvider(options);
    const tracer = provider.getTracer('a');
    const root = tracer.startSpan('root', {}, ROOT_CONTEXT);
    const within = trace.setSpan(ROOT_CONTEXT, root);
    tracer.startSpan('local', {}, within).end();
    tracer.startSpan('root again', { root: true }, within).end();
    tracer.startSpan('recorded', {}, ROOT_CONTEXT);
    tracer.startSpan('dropped', {}, ROOT_CONTEXT).end();
    const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };
    tracer.startActiveSpan('remote', {}, trace.setSpanContext(ROOT_CONTEXT, remote), (span) => span.end());
    tracer.startSpan('suppressed', {}, suppressTracing(context.active())).end();

    const values = await reader.read();
    t.deepEqual(values['otel.sdk.span.started'], {
      'none RECORD_AND_SAMPLE': 2,
      'local RECORD_AND_SAMPLE': 1,
      'none RECORD_ONLY': 1,
      'none DROP': 1,
      'remote RECORD_AND_SAMPLE': 1,
    });
    t.deepEqual(values['otel.sdk.span.live'], { RECORD_AND_SAMPLE: 1, RECORD_ONLY: 1 });
    const [[name, processed]] = Object.entries(values['otel.sdk.processor.span.processed']);
    t.regex(name, /^MmapTracerProvider MmapTracerProvider\/\d+$/);
    t.is(processed, 3);
    t.deepEqual(values['otel.sdk.processor.span.queue.size'], { [name]: 7 });
    t.deepEqual(values['otel.sdk.processor.span.queue.capacity'], { [name]: 64 });
    await provider.shutdown();
  }));

test('log_records_and_their_ring_are_counted_and_so_is_what_it_refuses', (t) =>
  withDirectory(async (directory) => {
    const reader = new ManualReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const provider = new MmapLoggerProvider({ directory, resourceDetectors: [], geometry, meterProvider });
    for (let i = 0; i < 20; i++) provider.getLogger('a').emit({ body: i });
    const values = await reader.read();
    t.deepEqual(values['otel.sdk.log.created'], { '': 20 });
    const [[name, written], [refusedName, refused]] = Object.entries(values['otel.sdk.processor.log.processed']);
    t.regex(name, /^MmapLoggerProvider MmapLoggerProvider\/\d+$/);
    t.is(refusedName, `${name} queue_full`);
    t.deepEqual([written, refused], [15, 5]);
    t.deepEqual(values['otel.sdk.processor.log.queue.size'], { [name]: 15 });
    t.deepEqual(values['otel.sdk.processor.log.queue.capacity'], { [name]: 16 });
    await provider.shutdown();
  }));

test('the_processors_for_the_stock_sdk_are_counted_as_the_stock_ones_are', (t) =>
  withDirectory(async (directory) => {
    const reader = new ManualReader();
    const selfObsMeterProvider = new MeterProvider({ readers: [reader] });
    const options = { directory, geometry, selfObsMeterProvider };
    const tracers = new BasicTracerProvider({ spanProcessors: [new MmapSpanProcessor(options)] });
    const loggers = new LoggerProvider({ processors: [new MmapLogRecordProcessor(options)] });
    for (let i = 0; i < 20; i++) {
      tracers.getTracer('a').startSpan('span').end();
      loggers.getLogger('a').emit({ body: i });
    }
    const values = await reader.read();
    const spans = Object.entries(values['otel.sdk.processor.span.processed']);
    t.regex(spans[0][0], /^MmapSpanProcessor MmapSpanProcessor\/\d+$/);
    t.deepEqual(
      spans.map(([, count]) => count),
      [20],
    );
    const logs = Object.entries(values['otel.sdk.processor.log.processed']);
    t.regex(logs[0][0], /^MmapLogRecordProcessor MmapLogRecordProcessor\/\d+$/);
    t.deepEqual(
      logs.map(([, count]) => count),
      [15, 5],
    );
    t.deepEqual(Object.values(values['otel.sdk.processor.log.queue.size']), [15]);
    t.deepEqual(Object.values(values['otel.sdk.processor.span.queue.size']), [40]);
    await Promise.all([tracers.shutdown(), loggers.shutdown()]);
  }));
