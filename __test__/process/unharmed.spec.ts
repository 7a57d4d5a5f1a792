// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import test, { type ExecutionContext } from 'ava';
import {
  MmapLoggerProvider,
  MmapLogRecordProcessor,
  MmapMeterProvider,
  MmapSpanProcessor,
  MmapTracerProvider,
} from 'otlp-mmap';
import '../support/warnings';
import { logsIn, spansIn, withDirectory } from '../support/written-files';

// Whatever JavaScript lets an app pass, no call of ours throws into it, and what follows is recorded as ever.

/** Throws at every touch. */
function hostile(target: object): unknown {
  const traps = ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'apply'];
  const refuse = () => {
    throw new Error('hostile');
  };
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, refuse])));
}

const thrower = {
  toString() {
    throw new Error('toString');
  },
  get code() {
    throw new Error('code');
  },
  get context() {
    throw new Error('context');
  },
  get attributes() {
    throw new Error('attributes');
  },
};
const context = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  traceFlags: 1,
  traceState: {
    serialize() {
      throw new Error('serialize');
    },
  },
};

// biome-ignore lint/suspicious/noExplicitAny: what the types forbid
type Any = any;

const values: Record<string, Any> = {
  undefined,
  null: null,
  'a number': 7,
  NaN: Number.NaN,
  'a symbol': Symbol('s'),
  'an empty text': '',
  'an array': [1],
  'an object': {},
  'an object without a prototype': Object.create(null),
  'a function': () => 1,
  'a BigInt': 1n,
  'a date that is none': new Date(Number.NaN),
  'a hostile object': hostile({}),
  'a hostile function': hostile(() => 1),
  'an object whose getters throw': thrower,
  'a context with wrong ids': { context: { traceId: 1, spanId: null } },
  'a context with a trace state that throws': { context, attributes: hostile({}) },
};

test('no_call_of_the_tracing_api_throws', (t) =>
  withDirectory(async (directory) => {
    const provider = new MmapTracerProvider({ directory, resourceDetectors: [] });
    const tracer = provider.getTracer('t');
    const span = () => tracer.startSpan('span');
    const calls: Record<string, (value: Any) => void> = {
      'getTracer, name': (value) => provider.getTracer(value).startSpan('x').end(),
      'getTracer, version': (value) => provider.getTracer('a', value).startSpan('x').end(),
      'getTracer, options': (value) => provider.getTracer('a', '1', value).startSpan('x').end(),
      'getTracer, schema URL': (value) => provider.getTracer('a', '1', { schemaUrl: value }).startSpan('x').end(),
      'startSpan, name': (value) => tracer.startSpan(value).end(),
      'startSpan, options': (value) => tracer.startSpan('x', value).end(),
      'startSpan, context': (value) => tracer.startSpan('x', {}, value).end(),
      'startSpan, parent': (value) => tracer.startSpan('x', {}, trace.setSpanContext(ROOT_CONTEXT, value)).end(),
      'startSpan, kind': (kind) => tracer.startSpan('x', { kind }).end(),
      'startSpan, attributes': (attributes) => tracer.startSpan('x', { attributes }).end(),
      'startSpan, an attribute': (value) => tracer.startSpan('x', { attributes: { a: value } }).end(),
      'startSpan, links': (links) => tracer.startSpan('x', { links }).end(),
      'startSpan, a link': (link) => tracer.startSpan('x', { links: [link] }).end(),
      'startSpan, time': (startTime) => tracer.startSpan('x', { startTime }).end(),
      'startSpan, root': (root) => tracer.startSpan('x', { root }).end(),
      'startActiveSpan, options': (value) => tracer.startActiveSpan('x', value, (active) => active.end()),
      'setAttribute, key': (key) => span().setAttribute(key, 1).end(),
      'setAttribute, value': (value) => span().setAttribute('key', value).end(),
      setAttributes: (value) => span().setAttributes(value).end(),
      'addEvent, name': (name) => span().addEvent(name).end(),
      'addEvent, attributes': (value) => span().addEvent('e', value).end(),
      'addEvent, time': (value) => span().addEvent('e', {}, value).end(),
      addLink: (value) => span().addLink(value).end(),
      addLinks: (value) => span().addLinks(value).end(),
      'addLinks, one': (value) => span().addLinks([value]).end(),
      setStatus: (value) => span().setStatus(value).end(),
      'setStatus, code': (code) => span().setStatus({ code }).end(),
      'setStatus, message': (message) => span().setStatus({ code: 2, message }).end(),
      updateName: (value) => span().updateName(value).end(),
      recordException: (value) => span().recordException(value),
      'recordException, time': (value) => span().recordException('e', value),
      end: (value) => span().end(value),
    };
    nothingThrows(t, calls);
    provider
      .getTracer('a', 7 as Any)
      .startSpan('afterwards', { attributes: { a: 1 } })
      .end();
    const last = spansIn(directory).find(({ span }) => span.name === 'afterwards')!;
    t.like(last.scope, { name: 'a', version: '7' });
    t.is((last.span.attributes as unknown[]).length, 1);
    await provider.shutdown();
  }));

test('a_null_where_a_parents_context_should_be_is_no_parent', (t) =>
  withDirectory(async (directory) => {
    const provider = new MmapTracerProvider({ directory, resourceDetectors: [] });
    const parent = trace.setSpanContext(ROOT_CONTEXT, null as Any);
    provider.getTracer('t').startSpan('root', {}, parent).end();
    t.is(spansIn(directory)[0].span.parentSpanId, '');
    await provider.shutdown();
  }));

test('no_call_of_the_logs_api_throws', (t) =>
  withDirectory(async (directory) => {
    const provider = new MmapLoggerProvider({ directory, resourceDetectors: [] });
    const logger = provider.getLogger('l');
    const fields = [
      ...['severityNumber', 'severityText', 'body', 'attributes', 'timestamp', 'observedTimestamp', 'eventName'],
      ...['context', 'exception'],
    ];
    const calls: Record<string, (value: Any) => void> = {
      emit: (value) => logger.emit(value),
      enabled: (value) => logger.enabled(value),
      'getLogger, name': (value) => provider.getLogger(value).emit({}),
      'getLogger, version': (value) => provider.getLogger('a', value).emit({}),
      'getLogger, options': (value) => provider.getLogger('a', '1', value).emit({}),
      'getLogger, schema URL': (schemaUrl) => provider.getLogger('a', '1', { schemaUrl }).emit({}),
      'getLogger, attributes': (value) => provider.getLogger('a', '1', { attributes: value } as Any).emit({}),
    };
    for (const field of fields) calls[`emit, ${field}`] = (value) => logger.emit({ [field]: value });
    nothingThrows(t, calls);
    provider.getLogger('a', 7 as Any).emit({ body: 'afterwards' });
    const last = logsIn(directory).find(({ log }) => (log.body as Any)?.stringValue === 'afterwards')!;
    t.like(last.scope, { name: 'a', version: '7' });
    await provider.shutdown();
  }));

test('what_the_stock_sdk_lets_through_our_processors_write', (t) =>
  withDirectory(async (directory) => {
    let [spans, records] = [0, 0];
    const ignore = async () => {};
    const countSpans = { onStart() {}, onEnd: () => void spans++, forceFlush: ignore, shutdown: ignore };
    const countRecords = { onEmit: () => void records++, forceFlush: ignore, shutdown: ignore };
    const tracers = new BasicTracerProvider({ spanProcessors: [countSpans, new MmapSpanProcessor({ directory })] });
    const loggers = new LoggerProvider({ processors: [countRecords, new MmapLogRecordProcessor({ directory })] });
    const tracer = tracers.getTracer('t');
    const calls: ((value: Any) => void)[] = [
      (value) => tracers.getTracer(value).startSpan('x').end(),
      (value) => tracers.getTracer('a', value).startSpan('x').end(),
      (value) => tracers.getTracer('a', '1', { schemaUrl: value }).startSpan('x').end(),
      (value) => tracer.startSpan(value).end(),
      (value) => tracer.startSpan('x', { attributes: { a: value } }).end(),
      (value) => tracer.startSpan('x', { links: [value] }).end(),
      (value) => tracer.startSpan('x').updateName(value).end(),
      (value) => tracer.startSpan('x').addEvent(value).end(),
      (value) => tracer.startSpan('x').setStatus({ code: 2, message: value }).end(),
      (value) => loggers.getLogger(value).emit({}),
      (value) => loggers.getLogger('a', value).emit({}),
      (value) => loggers.getLogger('a').emit({ severityText: value }),
      (value) => loggers.getLogger('a').emit({ eventName: value }),
      (value) => loggers.getLogger('a').emit({ body: value }),
      (value) => loggers.getLogger('a').emit({ attributes: { a: value } }),
    ];
    for (const use of calls) for (const value of Object.values(values)) thrown(() => use(value));
    t.true(spans > 100 && records > 80, `${spans} spans, ${records} records`);
    t.is(spansIn(directory).length, spans);
    t.is(logsIn(directory).length, records);
    await Promise.all([tracers.shutdown(), loggers.shutdown()]);
  }));

test('no_call_of_the_metrics_api_throws', (t) =>
  withDirectory(async (directory) => {
    const provider = new MmapMeterProvider({ directory, resourceDetectors: [] });
    const meter = provider.getMeter('m');
    const counter = meter.createCounter('c');
    const histogram = meter.createHistogram('h');
    const gauge = meter.createGauge('g');
    const observable = meter.createObservableGauge('o');
    const calls: Record<string, (value: Any) => void> = {
      'getMeter, name': (value) => provider.getMeter(value).createCounter('c').add(1),
      'getMeter, version': (value) => provider.getMeter('a', value).createCounter('c').add(1),
      'getMeter, options': (value) => provider.getMeter('a', '1', value).createCounter('c').add(1),
      'getMeter, schema URL': (schemaUrl) => provider.getMeter('a', '1', { schemaUrl }).createCounter('c').add(1),
      'createCounter, name': (value) => meter.createCounter(value).add(1),
      'createCounter, options': (value) => meter.createCounter('d', value).add(1),
      'createHistogram, bounds': (value) =>
        meter.createHistogram('i', { advice: { explicitBucketBoundaries: value } }).record(1),
      'add, value': (value) => counter.add(value),
      'add, attributes': (value) => counter.add(1, value),
      'add, an attribute': (value) => counter.add(1, { key: value }),
      'add, context': (value) => counter.add(1, {}, value as Context),
      'record, value': (value) => histogram.record(value),
      'record, attributes': (value) => gauge.record(1, value),
      bind: (value) => counter.bind(value).add(1),
      addCallback: (value) => observable.addCallback(value),
      addBatchObservableCallback: (value) => meter.addBatchObservableCallback(value, value),
    };
    nothingThrows(t, calls);
    await t.notThrowsAsync(() => provider.collect());
    await provider.shutdown();
  }));

function nothingThrows(t: ExecutionContext, calls: Record<string, (value: Any) => void>): void {
  for (const [call, use] of Object.entries(calls)) {
    for (const [name, value] of Object.entries(values)) {
      const error = thrown(() => use(value));
      t.is(error, undefined, `${call}: ${name}`);
    }
  }
}

function thrown(use: () => void): unknown {
  try {
    use();
    return undefined;
  } catch (error) {
    return error;
  }
}
