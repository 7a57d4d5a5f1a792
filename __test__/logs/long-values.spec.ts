// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test from 'ava';
import * as fc from 'fast-check';
import { MmapLoggerProvider } from 'otlp-mmap';
import { attributesOf, logRecording } from '../support/log-recording';
import { Reader } from '../support/reader';
import { decodeFile } from '../support/v1-decoder';
import { withDirectory } from '../support/written-files';

// One log record is one record in the ring, whatever its size: what no slot takes stands whole in the spill ring, and a
// version-1 reader sees the beginning.

const geometry = { eventsBuffers: 64, eventsBufferSize: 512, spansBuffers: 2, measurementsBuffers: 2 };

test('a_body_and_attributes_of_64_KiB_each_arrive_whole', (t) =>
  logRecording({ geometry }, ({ provider, logs }) => {
    const body = 'é'.repeat(32 << 10);
    const stack = 'at line\n'.repeat(8 << 10);
    const sql = '😀'.repeat(16 << 10);
    provider.getLogger('a').emit({ body, severityText: 'INFO', attributes: { stack, sql, short: 1 } });
    const [record] = logs();
    t.deepEqual(record.log.body, { stringValue: body });
    t.deepEqual(attributesOf(record), {
      stack: { stringValue: stack },
      sql: { stringValue: sql },
      short: { intValue: '1' },
    });
    t.deepEqual(provider.status()?.drops, {});
  }));

test('nested_bodies_bytes_lists_and_names_of_any_length_arrive_whole', (t) =>
  logRecording({ geometry }, ({ provider, logs }) => {
    const text = 'x'.repeat(5000);
    const bytes = new Uint8Array(3000).fill(7);
    const logger = provider.getLogger('a');
    logger.emit({ body: { a: { b: [text, null, { c: text }] } }, eventName: 'n'.repeat(2000) });
    logger.emit({ body: bytes, severityText: text, attributes: { list: Array.from({ length: 2000 }, (_, i) => i) } });
    const [nested, plain] = logs();
    t.deepEqual(nested.log.body, {
      kvlistValue: [
        {
          key: 'a',
          value: {
            kvlistValue: [
              {
                key: 'b',
                value: {
                  arrayValue: [
                    { stringValue: text },
                    {},
                    { kvlistValue: [{ key: 'c', value: { stringValue: text } }] },
                  ],
                },
              },
            ],
          },
        },
      ],
    });
    t.is(nested.log.eventName, 'n'.repeat(2000));
    t.deepEqual(plain.log.body, { bytesValue: Buffer.from(bytes).toString('base64') });
    t.is(plain.log.severityText, text);
    const { list } = attributesOf(plain) as { list: { arrayValue: unknown[] } };
    t.is(list.arrayValue.length, 2000);
    t.deepEqual(provider.status()?.drops, {});
  }));

test('more_attributes_than_a_slot_takes_arrive_in_one_record', (t) =>
  logRecording({ geometry }, ({ provider, logs }) => {
    const attributes = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`key.${i}`, i]));
    provider.getLogger('a').emit({ body: 'b', attributes });
    const records = logs();
    t.is(records.length, 1);
    const expected = Object.entries(attributes).map(([key, i]) => [key, { intValue: String(i) }]);
    t.deepEqual(attributesOf(records[0]), Object.fromEntries(expected));
    t.is(records[0].log.dropped, 0);
  }));

test('version_1_sees_one_event_for_one_log_with_the_beginning_of_every_value', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'sdk.mmap');
    const provider = new MmapLoggerProvider({ file, geometry, resourceDetectors: [] });
    const logger = provider.getLogger('a', '1');
    const attributes = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`key.${i}`, i]));
    logger.emit({ body: 'short', attributes: { kept: true }, severityNumber: 9, timestamp: [5, 0] });
    logger.emit({ body: 'z'.repeat(50_000), attributes: { kept: true }, severityNumber: 10, eventName: 'named' });
    logger.emit({ body: 'b', attributes, severityNumber: 11 });
    logger.emit({ body: { deep: ['z'.repeat(9000)] }, severityNumber: 12 });
    const { events, spans } = decodeFile(file);
    t.is(spans.length, 0);
    t.deepEqual(
      events.map(({ severityNumber }) => severityNumber),
      [9, 10, 11, 12],
    );
    t.is(events[0].time, 5_000_000_000n);
    t.deepEqual(events[0].body, { string: 'short' });
    t.regex((events[1].body as { string: string }).string, /^z{300,}$/);
    t.is(events[1].eventName, 'named');
    t.deepEqual(events[1].attributes, [['kept', { bool: true }]]);
    t.deepEqual(events[2].body, { string: 'b' });
    t.true(events[2].attributes.length > 10);
    for (const [i, attribute] of events[2].attributes.entries()) {
      t.deepEqual(attribute, [`key.${i}`, { int: BigInt(i) }]);
    }
    await provider.shutdown();
  }));

test('whatever_the_sizes_every_log_arrives_whole_while_a_reader_keeps_up', async (t) => {
  const sizes = fc.array(fc.nat({ max: 9000 }), { maxLength: 6 });
  await logRecording({ geometry }, async ({ provider, directory }) => {
    const logger = provider.getLogger('a');
    const reader = new Reader(directory);
    const written = fc.sample(sizes, 200).map((lengths) => lengths.map((length, i) => `${i}`.repeat(length)));
    for (const [i, texts] of written.entries()) {
      logger.emit({ severityText: `${i}`, body: texts[0], attributes: Object.fromEntries(texts.entries()) });
      if (i % 10 === 9) await provider.forceFlush();
    }
    t.is(reader.logs.length, written.length);
    for (const record of reader.logs) {
      const texts = written[Number(record.log.severityText)];
      const expected = texts.map((text, i) => [`${i}`, { stringValue: text }]);
      t.deepEqual(attributesOf(record), Object.fromEntries(expected));
    }
    t.deepEqual(provider.status()?.drops, {});
    await reader.stop();
  });
});
