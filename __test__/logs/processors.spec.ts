// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, type ReadWriteLogRecord, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import test from 'ava';
import type { LogRecordProcessor } from 'otlp-mmap';
import { attributesOf, logRecording } from '../support/log-recording';
import { warningsOf } from '../support/warnings';

// Extra log record processors see each record before it is written, and may change it.

function processorOf(onEmit: (record: ReadWriteLogRecord, context: unknown) => void): LogRecordProcessor {
  return { onEmit, forceFlush: async () => {}, shutdown: async () => {} };
}

test('what_a_processor_changes_is_what_is_written', (t) => {
  const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
  const change = processorOf((record) => {
    record.setAttribute('added', [1, { two: 2 }]);
    record.setAttributes({ replaced: 'by the processor' });
    record.attributes.direct = true;
    delete record.attributes.removed;
    record
      .setBody({ was: record.body })
      .setSeverityNumber((record.severityNumber ?? 0) + 1)
      .setSeverityText('changed');
    record.setEventName('named');
    record.hrTime = [1_700_000_000, 1];
    record.spanContext = spanContext;
  });
  return logRecording({ processors: [change] }, ({ provider, logs }) => {
    provider.getLogger('a').emit({ body: 'text', severityNumber: 9, attributes: { replaced: 1, removed: 2, kept: 3 } });
    const [record] = logs();
    t.deepEqual(attributesOf(record), {
      added: {
        arrayValue: [{ intValue: '1' }, { kvlistValue: [{ key: 'two', value: { intValue: '2' } }] }],
      },
      replaced: { stringValue: 'by the processor' },
      direct: { boolValue: true },
      kept: { intValue: '3' },
    });
    t.like(record.log, {
      body: { kvlistValue: [{ key: 'was', value: { stringValue: 'text' } }] },
      severityNumber: 10,
      severityText: 'changed',
      eventName: 'named',
      time: '1700000000000000001',
      traceId: spanContext.traceId,
      spanId: spanContext.spanId,
    });
  });
});

test('a_processor_sees_everything_that_a_record_has', (t) => {
  const seen: ReadWriteLogRecord[] = [];
  const contexts: unknown[] = [];
  const look = processorOf((record, context) => {
    seen.push(record);
    contexts.push(context);
  });
  return logRecording({ processors: [look] }, ({ provider, logs }) => {
    const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    const context = trace.setSpanContext(ROOT_CONTEXT, spanContext);
    const attributes = { a: 1, list: ['x'] };
    provider.getLogger('scope', '1').emit({ body: 'b', eventName: 'e', severityText: 'INFO', attributes, context });
    const [record] = seen;
    t.is(contexts[0], context);
    t.deepEqual(record.attributes, attributes);
    t.like(record, { body: 'b', eventName: 'e', severityText: 'INFO', droppedAttributesCount: 0 });
    t.deepEqual(record.spanContext, spanContext);
    t.like(record.instrumentationScope, { name: 'scope', version: '1' });
    t.truthy(record.resource.attributes['telemetry.sdk.name']);
    const [{ log }] = logs();
    t.is(BigInt(record.hrTime[0]) * 1_000_000_000n + BigInt(record.hrTime[1]), BigInt(log.time as string));
    t.deepEqual(record.hrTimeObserved, record.hrTime);
  });
});

test('after_on_emit_a_record_cannot_be_changed', (t) => {
  const seen: ReadWriteLogRecord[] = [];
  return logRecording({ processors: [processorOf((record) => seen.push(record))] }, ({ provider, logs }) => {
    provider.getLogger('a').emit({ body: 'first' });
    const warned = warningsOf(() => seen[0].setBody('late').setAttribute('late', 1));
    t.is(warned.length, 2);
    t.is(seen[0].body, 'first');
    t.deepEqual(logs()[0].log.body, { stringValue: 'first' });
  });
});

test('limits_hold_for_what_processors_add', (t) => {
  const add = processorOf((record) => record.setAttributes({ b: '123456', c: 3, d: 4 }));
  const logRecordLimits = { attributeCountLimit: 2, attributeValueLengthLimit: 3 };
  return logRecording({ processors: [add], logRecordLimits }, ({ provider, logs }) => {
    provider.getLogger('a').emit({ attributes: { a: 1 } });
    const [record] = logs();
    t.deepEqual(attributesOf(record), { a: { intValue: '1' }, b: { stringValue: '123' } });
    t.is(record.log.dropped, 2);
  });
});

test('errors_of_processors_reach_neither_the_app_nor_the_next_one', (t) => {
  const fail = processorOf(() => {
    throw new Error('of a processor');
  });
  const mark = processorOf((record) => record.setAttribute('marked', true));
  return logRecording({ processors: [fail, mark] }, ({ provider, logs }) => {
    provider.getLogger('a').emit({ body: 'kept' });
    t.like(logs()[0].log, { body: { stringValue: 'kept' } });
    t.deepEqual(attributesOf(logs()[0]), { marked: { boolValue: true } });
  });
});

test('a_processor_of_the_stock_sdk_works_here_too', async (t) => {
  const exporter = new InMemoryLogRecordExporter();
  await logRecording({ processors: [new SimpleLogRecordProcessor({ exporter })] }, async ({ provider, logs }) => {
    provider.getLogger('a').emit({ body: 'both' });
    await new Promise((resolve) => setImmediate(resolve));
    t.deepEqual(
      exporter.getFinishedLogRecords().map(({ body }) => body),
      ['both'],
    );
    t.is(logs().length, 1);
  });
});
