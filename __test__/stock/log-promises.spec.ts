// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import test from 'ava';
import { MmapLogRecordExporter } from '../../ts/stock/log-record-exporter';
import { MmapLogRecordProcessor } from '../../ts/stock/log-record-processor';
import { Reader } from '../support/reader';
import { errorsOf } from '../support/warnings';
import { logsIn, withDirectory } from '../support/written-files';

test('a_record_is_in_the_file_when_emit_returns', (t) =>
  withDirectory(async (directory) => {
    const provider = new LoggerProvider({ processors: [new MmapLogRecordProcessor({ directory })] });
    const before = BigInt(Date.now() - 1) * 1_000_000n;
    provider.getLogger('stock').emit({ body: 'here' });
    const [record, ...others] = logsIn(directory);
    t.deepEqual(others, []);
    t.deepEqual(record.log.body, { stringValue: 'here' });
    t.true(BigInt(record.log.time as string) >= before);
    await provider.shutdown();
  }));

test('what_a_processor_before_ours_changes_is_what_is_written', (t) =>
  withDirectory(async (directory) => {
    const change = {
      onEmit: (record: { setBody(body: string): unknown; attributes: Record<string, unknown> }) => {
        record.setBody('changed');
        delete record.attributes.secret;
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const provider = new LoggerProvider({ processors: [change, new MmapLogRecordProcessor({ directory })] });
    provider.getLogger('stock').emit({ body: 'given', attributes: { secret: 1, kept: 2 } });
    const [{ log }] = logsIn(directory);
    t.deepEqual(log.body, { stringValue: 'changed' });
    t.deepEqual(log.attributes, [{ key: 'kept', value: { intValue: '2' } }]);
    await provider.shutdown();
  }));

test('two_providers_with_one_processor_keep_their_resources_apart', (t) =>
  withDirectory(async (directory) => {
    const processor = new MmapLogRecordProcessor({ directory });
    for (const name of ['one', 'two']) {
      const resource = resourceFromAttributes({ 'service.name': name });
      new LoggerProvider({ resource, processors: [processor] }).getLogger('stock').emit({ body: name });
    }
    const records = logsIn(directory);
    t.is(records.length, 2);
    for (const { log, resource } of records) {
      t.regex(JSON.stringify(resource), new RegExp((log.body as { stringValue: string }).stringValue));
    }
    await processor.shutdown();
  }));

test('force_flush_resolves_when_the_collector_has_everything', (t) =>
  withDirectory(async (directory) => {
    const reader = new Reader(directory);
    const provider = new LoggerProvider({ processors: [new MmapLogRecordProcessor({ directory })] });
    for (let i = 0; i < 100; i++) provider.getLogger('stock').emit({ body: i });
    await provider.forceFlush();
    t.is(reader.logs.length, 100);
    await reader.stop();
    await provider.shutdown();
  }));

test('after_shutdown_nothing_is_written_and_nothing_is_thrown', (t) =>
  withDirectory(async (directory) => {
    const processor = new MmapLogRecordProcessor({ directory });
    const exporter = new MmapLogRecordExporter({ directory });
    const resource = resourceFromAttributes({});
    const record = {
      hrTime: [1_700_000_000, 0] as [number, number],
      hrTimeObserved: [1_700_000_000, 0] as [number, number],
      body: 'x',
      attributes: {},
      droppedAttributesCount: 0,
      resource,
      instrumentationScope: { name: 'a' },
    };
    processor.onEmit(record);
    await Promise.all([processor.shutdown(), exporter.shutdown()]);
    processor.onEmit(record);
    const results: number[] = [];
    exporter.export([record], ({ code }) => results.push(code));
    t.deepEqual(results, [1], 'a failure, which is told to who exports');
    t.is(logsIn(directory).length, 1);
  }));

test('what_is_not_shaped_like_a_record_is_told_once_and_hurts_nobody', (t) =>
  withDirectory(async (directory) => {
    const processor = new MmapLogRecordProcessor({ directory });
    const told = errorsOf(() => {
      for (const odd of [{}, { resource: resourceFromAttributes({}) }, null]) processor.onEmit(odd as never);
    });
    t.is(told.length, 1);
    await processor.shutdown();
  }));
