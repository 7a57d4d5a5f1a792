// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { logs as api } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import test from 'ava';
import { MmapLoggerProvider, MmapTracerProvider } from 'otlp-mmap';
import { attributesOf, logRecording } from '../support/log-recording';
import { Reader } from '../support/reader';
import { errorsOf, warningsOf } from '../support/warnings';
import { filesIn, logsIn, spansIn, withDirectory } from '../support/written-files';

const SECOND = 1_000_000_000n;
const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

test('a_record_is_in_the_file_when_emit_returns_with_every_field', (t) =>
  logRecording({}, ({ provider, logs }) => {
    const logger = provider.getLogger('scope', '1.2', { schemaUrl: 'https://s/1', attributes: { of: 'scope' } });
    logger.emit({
      severityNumber: 17,
      severityText: 'ERROR',
      eventName: 'order.failed',
      body: { reason: 'no stock', items: [1, null, { id: new Uint8Array([1, 2]) }] },
      attributes: { 'order.id': 7, urgent: true },
      timestamp: [1_700_000_000, 5],
      observedTimestamp: [1_700_000_001, 6],
      context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
    });
    const [record, ...others] = logs();
    t.deepEqual(others, []);
    t.deepEqual(record.scope, {
      name: 'scope',
      version: '1.2',
      attributes: [{ key: 'of', value: { stringValue: 'scope' } }],
    });
    t.is(record.scopeSchemaUrl, 'https://s/1');
    const bytes = { bytesValue: Buffer.from([1, 2]).toString('base64') };
    t.deepEqual(record.log, {
      time: '1700000000000000005',
      observed: '1700000001000000006',
      severityNumber: 17,
      severityText: 'ERROR',
      body: {
        kvlistValue: [
          {
            key: 'items',
            value: { arrayValue: [{ intValue: '1' }, {}, { kvlistValue: [{ key: 'id', value: bytes }] }] },
          },
          { key: 'reason', value: { stringValue: 'no stock' } },
        ],
      },
      eventName: 'order.failed',
      attributes: [
        { key: 'order.id', value: { intValue: '7' } },
        { key: 'urgent', value: { boolValue: true } },
      ],
      dropped: 0,
      flags: 1,
      traceId: spanContext.traceId,
      spanId: spanContext.spanId,
    });
  }));

test('an_empty_record_is_a_record_with_the_time_of_its_call', (t) =>
  logRecording({}, ({ provider, logs }) => {
    const before = BigInt(Date.now()) * 1_000_000n;
    provider.getLogger('a').emit({});
    const [{ log }] = logs();
    t.true(BigInt(log.time as string) >= before - SECOND);
    t.is(log.observed, log.time);
    t.like(log, { severityNumber: 0, severityText: '', body: {}, eventName: '', traceId: '', spanId: '', flags: 0 });
  }));

test('a_time_that_is_given_leaves_the_time_of_observation_to_the_clock_and_the_other_way_round', (t) =>
  logRecording({}, ({ provider, logs }) => {
    const logger = provider.getLogger('a');
    const given = 1_700_000_000_123;
    const before = BigInt(Date.now()) * 1_000_000n - SECOND;
    logger.emit({ timestamp: given });
    logger.emit({ observedTimestamp: new Date(given) });
    logger.emit({ timestamp: given, observedTimestamp: given });
    const [first, second, third] = logs().map(({ log }) => log);
    t.is(first.time, '1700000000123000000');
    t.true(BigInt(first.observed as string) > before);
    t.true(BigInt(second.time as string) > before);
    t.is(second.observed, '1700000000123000000');
    t.is(third.time, '1700000000123000000');
    t.is(third.observed, third.time);
  }));

test.serial('the_active_span_is_the_records_span_and_both_are_in_one_file', (t) =>
  withDirectory(async (directory) => {
    const options = { directory, resourceDetectors: [] };
    const tracers = new MmapTracerProvider(options);
    const loggers = new MmapLoggerProvider(options);
    tracers.register({ propagator: null });
    try {
      const logger = loggers.getLogger('a');
      tracers.getTracer('a').startActiveSpan('active', (span) => {
        logger.emit({ body: 'within' });
        logger.emit({ body: 'elsewhere', context: ROOT_CONTEXT });
        span.end();
      });
      const [span] = spansIn(directory);
      const [within, elsewhere] = logsIn(directory);
      t.is(within.log.traceId, span.span.traceId);
      t.is(within.log.spanId, span.span.spanId);
      t.is(within.log.flags, 1);
      t.is(elsewhere.log.traceId, '');
      t.deepEqual(within.resource, span.resource);
      t.is(filesIn(directory).length, 1);
      t.is(tracers.status()?.file, loggers.status()?.file);
    } finally {
      trace.disable();
      context.disable();
      await Promise.all([tracers.shutdown(), loggers.shutdown()]);
    }
  }),
);

test('the_same_scope_gives_the_same_logger', (t) =>
  logRecording({}, ({ provider }) => {
    const options = { schemaUrl: 's', attributes: { a: [1, { b: 2 }] } };
    t.is(provider.getLogger('a'), provider.getLogger('a'));
    t.is(provider.getLogger('a', '1', options), provider.getLogger('a', '1', structuredClone(options)));
    t.not(provider.getLogger('a', '1', options), provider.getLogger('a', '1', { schemaUrl: 's' }));
    t.not(provider.getLogger('a'), provider.getLogger('a', '1'));
  }));

test('a_logger_without_a_name_is_called_unknown_as_by_the_stock_sdk', (t) =>
  logRecording({}, ({ provider, logs }) => {
    const warned = warningsOf(() => provider.getLogger('').emit({ body: 1 }));
    t.regex(warned.join(), /without instrumentation scope name/);
    t.like(logs()[0].scope, { name: 'unknown' });
  }));

test('an_exception_becomes_attributes_and_what_is_given_counts_more', (t) =>
  logRecording({}, ({ provider, logs }) => {
    const logger = provider.getLogger('a');
    const error = Object.assign(new TypeError('broken'), { code: 'E_BROKEN' });
    logger.emit({ exception: error, attributes: { 'exception.message': 'mine' } });
    logger.emit({ exception: 'thrown text' });
    logger.emit({ exception: 42 });
    const [first, second, third] = logs().map(attributesOf);
    t.deepEqual(first, {
      'exception.type': { stringValue: 'E_BROKEN' },
      'exception.message': { stringValue: 'mine' },
      'exception.stacktrace': { stringValue: error.stack },
    });
    t.deepEqual(second, { 'exception.message': { stringValue: 'thrown text' } });
    t.deepEqual(third, { 'exception.message': { stringValue: '42' } });
  }));

test('limits_cut_values_and_count_what_is_over_them', (t) =>
  logRecording(
    {
      logRecordLimits: { attributeCountLimit: 3 },
      generalLimits: { attributeValueLengthLimit: 4, attributeCountLimit: 9 },
    },
    ({ provider, logs }) => {
      const attributes = { a: '12345', b: ['123456', { c: '123456' }], c: new Uint8Array(6), d: 1, e: 2 };
      provider.getLogger('a').emit({ attributes, body: '123456' });
      const [record] = logs();
      t.deepEqual(attributesOf(record), {
        a: { stringValue: '1234' },
        b: {
          arrayValue: [{ stringValue: '1234' }, { kvlistValue: [{ key: 'c', value: { stringValue: '1234' } }] }],
        },
        c: { bytesValue: Buffer.alloc(4).toString('base64') },
      });
      t.is(record.log.dropped, 2);
      t.deepEqual(record.log.body, { stringValue: '123456' }, 'the limits are those of attributes');
      t.deepEqual(provider.status()?.drops, {}, 'a limit that the user has set is no loss of ours');
    },
  ));

test('severity_numbers_that_OTLP_does_not_have_are_unspecified', (t) =>
  logRecording({}, ({ provider, logs }) => {
    for (const severityNumber of [24, 25, -1, 1000, 'x' as never]) provider.getLogger('a').emit({ severityNumber });
    t.deepEqual(
      logs().map(({ log }) => log.severityNumber),
      [24, 0, 0, 0, 0],
    );
  }));

test('event_names_without_end_arrive_and_leave_the_dictionary_alone', (t) =>
  logRecording({ geometry: { dictionaryBytes: 32 << 10, eventsBuffers: 4096 } }, ({ provider, logs }) => {
    const logger = provider.getLogger('a');
    const names = Array.from({ length: 3000 }, (_, i) => `event.${i}`);
    for (const eventName of names) logger.emit({ eventName });
    t.deepEqual(
      logs().map(({ log }) => log.eventName),
      names,
    );
    t.is(provider.status()?.generation, 0);
  }));

test('enabled_tells_whether_a_record_would_be_written', async (t) => {
  await logRecording({}, async ({ provider, logs }) => {
    const logger = provider.getLogger('a');
    t.true(logger.enabled());
    t.true(logger.enabled({ severityNumber: 1, context: ROOT_CONTEXT, eventName: 'e' }));
    await Promise.all([provider.shutdown(), provider.shutdown()]);
    t.false(logger.enabled());
    logger.emit({ body: 'late' });
    t.deepEqual(logs(), []);
    t.is(provider.status(), undefined);
    await provider.forceFlush();
  });
});

test('force_flush_resolves_when_the_reader_has_acknowledged_everything', (t) =>
  logRecording({}, async ({ provider, directory }) => {
    const reader = new Reader(directory);
    provider.getLogger('a').emit({ body: 'flushed' });
    await provider.forceFlush();
    t.deepEqual(
      reader.logs.map(({ log }) => log.body),
      [{ stringValue: 'flushed' }],
    );
    await reader.stop();
  }));

test('options_that_cannot_be_right_are_told_and_hurt_nobody', async (t) => {
  const told = errorsOf(() => {
    const provider = new MmapLoggerProvider({ directory: '/x', geometry: { eventsBuffers: 7 }, resourceDetectors: [] });
    const logger = provider.getLogger('a');
    logger.emit({ body: 'lost' });
    t.false(logger.enabled());
  });
  t.regex(told.join(), /nothing is recorded \(log records\).*events/);
});

test.serial('register_makes_it_the_apis_provider_also_for_loggers_asked_for_before', (t) =>
  logRecording({ resource: resourceFromAttributes({ 'service.name': 'global' }) }, ({ provider, logs }) => {
    const early = api.getLogger('early');
    provider.register();
    try {
      early.emit({ body: 'first' });
      api.getLogger('later').emit({ body: 'second' });
      t.deepEqual(
        logs().map(({ log }) => log.body),
        [{ stringValue: 'first' }, { stringValue: 'second' }],
      );
      t.regex(JSON.stringify(logs()[0].resource), /global/);
    } finally {
      api.disable();
    }
  }),
);
