// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { decodeFile, type Value } from './v1-decoder';
import { withDirectory } from './written-files';

const fixtures = join(__dirname, '..', 'fixtures');

// biome-ignore lint/suspicious/noExplicitAny: JSON
type Json = any;

test('the_decoder_reads_what_a_known_sdk_wrote', (t) =>
  withDirectory((directory) => {
    const path = join(directory, 'a.mmap');
    writeFileSync(path, gunzipSync(readFileSync(join(fixtures, 'a_traces.mmap.gz'))));
    const { spans } = decodeFile(path);
    // Large integers of the description must not pass through a double.
    const text = readFileSync(join(fixtures, 'a_traces.records.json'), 'utf8');
    const expected = JSON.parse(text.replace(/: (-?\d{16,})/g, ': "$1"')).spans as Json[];

    t.is(spans.length, expected.length);
    for (const [i, record] of expected.entries()) {
      const span = spans[i];
      t.is(span.index, record.idx);
      t.is(span.traceId, record.trace_id);
      t.is(span.spanId, record.span_id);
      if (record.kind === 'end') {
        t.is(String(span.end?.time), String(record.t));
        continue;
      }
      t.like(span.start, {
        name: record.name,
        kind: record.span_kind,
        parentSpanId: record.parent,
        flags: record.flags,
      });
      t.is(String(span.start?.time), String(record.t));
      t.deepEqual(
        span.start?.attributes.map(([key, value]) => [key, plain(value)]),
        record.attributes.map(([key, value]: [string, object]) => [key, String(Object.values(value)[0])]),
      );
    }
  }));

test('the_decoder_reads_the_logs_that_a_known_sdk_wrote', (t) =>
  withDirectory((directory) => {
    const path = join(directory, 'c.mmap');
    writeFileSync(path, gunzipSync(readFileSync(join(fixtures, 'c_logs.mmap.gz'))));
    const { events } = decodeFile(path);
    const text = readFileSync(join(fixtures, 'c_logs.records.json'), 'utf8');
    const expected = JSON.parse(text.replace(/: (-?\d{16,})/g, ': "$1"')).events as Json[];
    t.is(events.length, expected.length);
    for (const [i, record] of expected.entries()) {
      const { time, severityNumber, severityText, eventName, body, spanContext } = events[i];
      t.deepEqual(
        [String(time), severityNumber, severityText, eventName],
        [String(record.t), record.sev, record.sev_text, record.event_name],
      );
      t.is(body, undefined);
      t.is(spanContext?.traceId, record.ctx?.trace_id);
      t.is(spanContext?.spanId, record.ctx?.span_id);
    }
  }));

/** A value as text, to be compared with the description's. */
function plain(value: Value): string {
  const [only] = Object.values(value);
  return only instanceof Uint8Array ? Buffer.from(only).toString('base64') : String(only);
}
