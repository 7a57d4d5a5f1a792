// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';

const FIXTURES = join(__dirname, '..', 'fixtures');

export type FixtureName = 'a_traces' | 'b_metrics' | 'c_logs';

/** A folder of the test's own, gone after it. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'otlp-mmap-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of a file that the public project's Python SDK wrote. */
export function fixtureFile(t: ExecutionContext, name: FixtureName): string {
  const path = join(temporaryFolder(t), `${name}.mmap`);
  writeFileSync(path, gunzipSync(readFileSync(join(FIXTURES, `${name}.mmap.gz`))));
  return path;
}

const EVENTS_OFFSET = 8;
const READER_INDEX = 16;
const WRITER_INDEX = 24;

/** The spans of a_traces alone: the one log record beside them counts as read. */
export function tracesFile(t: ExecutionContext): string {
  const path = fixtureFile(t, 'a_traces');
  const bytes = readFileSync(path);
  const events = Number(bytes.readBigInt64LE(EVENTS_OFFSET));
  bytes.copy(bytes, events + READER_INDEX, events + WRITER_INDEX, events + WRITER_INDEX + 8);
  writeFileSync(path, bytes);
  return path;
}

/** Integers beyond a double's precision are read as decimal strings. */
function parseExact(text: string) {
  return JSON.parse(text.replace(/(?<=[:[,\s])-?\d{16,}(?=\s*[,\]}])/g, '"$&"'));
}

interface RecordValue {
  string_value?: string;
  bool_value?: boolean;
  int_value?: number | string;
  double_value?: number;
  bytes_value?: string;
}

function otlpValue(value: RecordValue): object {
  if (value.string_value !== undefined) return { stringValue: value.string_value };
  if (value.bool_value !== undefined) return { boolValue: value.bool_value };
  if (value.int_value !== undefined) return { intValue: String(value.int_value) };
  if (value.double_value !== undefined) return { doubleValue: value.double_value };
  if (value.bytes_value !== undefined) return { bytesValue: value.bytes_value };
  return {};
}

const otlpAttributes = (attributes: [string, RecordValue][]) =>
  attributes.map(([key, value]) => ({ key, value: otlpValue(value) }));

/** A span with its resource and scope, every field filled in, whatever was left out for being the default. */
export interface WholeSpan {
  resource: object[];
  scope: { name: string; version: string; attributes: object[] };
  traceId: string;
  spanId: string;
  parentSpanId: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string | undefined;
  attributes: object[];
  events: object[];
  links: object[];
  status: { code: number; message: string };
}

/** The spans that the records of a_traces make, by span id; without an end time if none was written. */
export function recordedSpans(): Map<string, WholeSpan> {
  const { spans, scopes, resources } = parseExact(readFileSync(join(FIXTURES, 'a_traces.records.json'), 'utf8'));
  const whole = new Map<string, WholeSpan>();
  for (const record of spans) {
    if (record.kind === 'end') {
      whole.get(record.span_id)!.endTimeUnixNano = String(record.t);
      continue;
    }
    const scope = scopes[record.scope];
    whole.set(record.span_id, {
      resource: otlpAttributes(resources[scope.resource_ref].attributes),
      scope: { name: scope.name, version: scope.version, attributes: otlpAttributes(scope.attributes) },
      traceId: record.trace_id,
      spanId: record.span_id,
      parentSpanId: record.parent,
      flags: record.flags,
      name: record.name,
      kind: record.span_kind,
      startTimeUnixNano: String(record.t),
      endTimeUnixNano: undefined,
      attributes: otlpAttributes(record.attributes),
      events: [],
      links: [],
      status: { code: 0, message: '' },
    });
  }
  return whole;
}

/** The spans of OTLP JSON requests, one a line and of any signal, by span id. */
export function exportedSpans(lines: string): Map<string, WholeSpan> {
  const whole = new Map<string, WholeSpan>();
  for (const line of lines.split('\n').filter(Boolean)) {
    for (const { resource, scopeSpans } of JSON.parse(line).resourceSpans ?? []) {
      for (const { scope, spans } of scopeSpans) {
        for (const span of spans) {
          whole.set(span.spanId, {
            resource: filledIn(resource?.attributes),
            scope: { name: scope.name, version: scope.version ?? '', attributes: filledIn(scope.attributes) },
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId ?? '',
            flags: (span.flags ?? 0) & 0xff,
            name: span.name,
            kind: span.kind ?? 0,
            startTimeUnixNano: span.startTimeUnixNano,
            endTimeUnixNano: span.endTimeUnixNano,
            attributes: filledIn(span.attributes),
            events: span.events ?? [],
            links: span.links ?? [],
            status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
          });
        }
      }
    }
  }
  return whole;
}

/** A log record with its resource and scope, every field filled in. */
export interface WholeLog {
  resource: object[];
  scope: { name: string; version: string };
  timeUnixNano: string;
  severityNumber: number;
  severityText: string;
  body: object | undefined;
  attributes: object[];
  eventName: string;
  traceId: string;
  spanId: string;
  flags: number;
}

/** The log records that the Event records of a fixture make, in order. */
export function recordedLogs(name: FixtureName): WholeLog[] {
  const { events, scopes, resources } = parseExact(readFileSync(join(FIXTURES, `${name}.records.json`), 'utf8'));
  const whole: WholeLog[] = [];
  for (const record of events) {
    const scope = scopes[record.scope];
    whole.push({
      resource: otlpAttributes(resources[scope.resource_ref].attributes),
      scope: { name: scope.name, version: scope.version },
      timeUnixNano: String(record.t),
      severityNumber: record.sev,
      severityText: record.sev_text,
      body: record.body ? otlpValue(record.body) : undefined,
      attributes: otlpAttributes(record.attributes),
      eventName: record.event_name,
      traceId: record.ctx?.trace_id ?? '',
      spanId: record.ctx?.span_id ?? '',
      flags: record.ctx?.flags ?? 0,
    });
  }
  return whole;
}

/** The log records of OTLP JSON requests, one a line and of any signal. */
export function exportedLogs(lines: string): WholeLog[] {
  const whole: WholeLog[] = [];
  for (const line of lines.split('\n').filter(Boolean)) {
    for (const { resource, scopeLogs } of JSON.parse(line).resourceLogs ?? []) {
      for (const { scope, logRecords } of scopeLogs) {
        for (const log of logRecords) {
          whole.push({
            resource: filledIn(resource?.attributes),
            scope: { name: scope.name, version: scope.version ?? '' },
            timeUnixNano: log.timeUnixNano,
            severityNumber: log.severityNumber ?? 0,
            severityText: log.severityText ?? '',
            body: log.body,
            attributes: filledIn(log.attributes),
            eventName: log.eventName ?? '',
            traceId: log.traceId ?? '',
            spanId: log.spanId ?? '',
            flags: log.flags ?? 0,
          });
        }
      }
    }
  }
  return whole;
}

function filledIn(attributes: { key: string; value?: object }[] = []): object[] {
  return attributes.map(({ key, value }) => ({ key, value: value ?? {} }));
}
