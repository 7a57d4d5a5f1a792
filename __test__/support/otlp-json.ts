// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** A span with where it belongs, in a form in which equal telemetry is deeply equal. */
export interface FlatSpan {
  resource: unknown;
  resourceSchemaUrl: string;
  scope: unknown;
  scopeSchemaUrl: string;
  span: Record<string, unknown>;
}

interface KeyValue {
  key: string;
  value?: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: OTLP JSON of any maker
type Json = any;

/** Attributes are a map: their order means nothing. */
function attributes(list: KeyValue[] | undefined): KeyValue[] {
  return (list ?? [])
    .map(({ key, value }) => ({ key, value: anyValue(value) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** 64-bit integers may be strings or numbers in OTLP JSON; the stock exporter also calls whole doubles beyond them integers. */
function anyValue(value: Json): Json {
  if (value === undefined || value === null) {
    return {};
  }
  if (value.intValue !== undefined) {
    const number = Number(value.intValue);
    if (number >= 2 ** 63 || number < -(2 ** 63)) {
      return { doubleValue: String(number) };
    }
    return { intValue: String(BigInt(value.intValue)) };
  }
  if (value.doubleValue !== undefined) {
    return { doubleValue: String(value.doubleValue) };
  }
  if (value.arrayValue !== undefined) {
    return { arrayValue: (value.arrayValue.values ?? []).map(anyValue) };
  }
  if (value.kvlistValue !== undefined) {
    return { kvlistValue: attributes(value.kvlistValue.values) };
  }
  return value;
}

function link(json: Json) {
  return {
    traceId: json.traceId,
    spanId: json.spanId,
    traceState: json.traceState ?? '',
    attributes: attributes(json.attributes),
    dropped: json.droppedAttributesCount ?? 0,
    flags: json.flags ?? 0,
  };
}

function event(json: Json) {
  return {
    name: json.name ?? '',
    time: String(json.timeUnixNano),
    attributes: attributes(json.attributes),
    dropped: json.droppedAttributesCount ?? 0,
  };
}

/** A log record with where it belongs, in the same form. */
export interface FlatLog {
  resource: unknown;
  resourceSchemaUrl: string;
  scope: unknown;
  scopeSchemaUrl: string;
  log: Record<string, unknown>;
}

/** The log records of export requests in OTLP JSON, in their order within each scope, with what is left out spelled out. */
export function flattenLogs(requests: Json[]): FlatLog[] {
  const logs: FlatLog[] = [];
  for (const request of requests) {
    for (const resourceLogs of request.resourceLogs ?? []) {
      for (const scopeLogs of resourceLogs.scopeLogs ?? []) {
        for (const record of scopeLogs.logRecords ?? []) {
          logs.push({
            resource: attributes(resourceLogs.resource?.attributes),
            resourceSchemaUrl: resourceLogs.schemaUrl ?? '',
            scope: {
              name: scopeLogs.scope?.name ?? '',
              version: scopeLogs.scope?.version ?? '',
              attributes: attributes(scopeLogs.scope?.attributes),
            },
            scopeSchemaUrl: scopeLogs.schemaUrl ?? '',
            log: {
              time: String(record.timeUnixNano ?? 0),
              observed: String(record.observedTimeUnixNano ?? 0),
              severityNumber: record.severityNumber ?? 0,
              severityText: record.severityText ?? '',
              body: anyValue(record.body),
              eventName: record.eventName ?? '',
              attributes: attributes(record.attributes),
              dropped: record.droppedAttributesCount ?? 0,
              flags: record.flags ?? 0,
              traceId: record.traceId ?? '',
              spanId: record.spanId ?? '',
            },
          });
        }
      }
    }
  }
  return logs;
}

/** The spans of export requests in OTLP JSON, sorted by their ids, with what is left out spelled out. */
export function flatten(requests: Json[]): FlatSpan[] {
  const spans: FlatSpan[] = [];
  for (const request of requests) {
    for (const resourceSpans of request.resourceSpans ?? []) {
      for (const scopeSpans of resourceSpans.scopeSpans ?? []) {
        for (const span of scopeSpans.spans ?? []) {
          spans.push({
            resource: attributes(resourceSpans.resource?.attributes),
            resourceSchemaUrl: resourceSpans.schemaUrl ?? '',
            scope: {
              name: scopeSpans.scope?.name ?? '',
              version: scopeSpans.scope?.version ?? '',
              attributes: attributes(scopeSpans.scope?.attributes),
            },
            scopeSchemaUrl: scopeSpans.schemaUrl ?? '',
            span: {
              traceId: span.traceId,
              spanId: span.spanId,
              parentSpanId: span.parentSpanId ?? '',
              traceState: span.traceState ?? '',
              name: span.name ?? '',
              kind: span.kind ?? 0,
              start: String(span.startTimeUnixNano),
              end: String(span.endTimeUnixNano),
              attributes: attributes(span.attributes),
              droppedAttributes: span.droppedAttributesCount ?? 0,
              events: (span.events ?? []).map(event),
              droppedEvents: span.droppedEventsCount ?? 0,
              links: (span.links ?? []).map(link),
              droppedLinks: span.droppedLinksCount ?? 0,
              status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
              flags: span.flags ?? 0,
            },
          });
        }
      }
    }
  }
  return spans.sort((a, b) => (String(a.span.spanId) < String(b.span.spanId) ? -1 : 1));
}
