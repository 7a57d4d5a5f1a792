// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Palette, printable } from '../../terminal';
import type { AnyValue, KeyValue, Span, SpanEvent, SpanLink, TracesRequest } from './otlp-json';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** Traces requests as text for people: each scope, then its spans with everything they hold. */
export class TraceText {
  readonly #palette: Palette;
  #resource: string | undefined;

  constructor(palette: Palette) {
    this.#palette = palette;
  }

  /** The text of one request. A resource is shown when it is another one than that of the spans before. */
  of(request: TracesRequest): string {
    const lines: string[] = [];
    for (const { resource, scopeSpans = [] } of request.resourceSpans ?? []) {
      const identity = JSON.stringify(resource);
      if (identity !== this.#resource) {
        lines.push(this.#palette.strong('resource'), ...attributeLines(resource?.attributes, '  '));
        this.#resource = identity;
      }
      for (const { scope, spans = [] } of scopeSpans) {
        const version = scope?.version ? ` ${printable(scope.version)}` : '';
        lines.push(`${this.#palette.strong('scope')} ${printable(scope?.name || '(no name)')}${version}`);
        lines.push(...attributeLines(scope?.attributes, '  '));
        for (const span of spans) lines.push(...spanLines(span, this.#palette).map((line) => `  ${line}`));
      }
    }
    return lines.map((line) => `${line}\n`).join('');
  }
}

function spanLines(span: Span, palette: Palette): string[] {
  const start = BigInt(span.startTimeUnixNano ?? 0);
  const duration = durationText(BigInt(span.endTimeUnixNano ?? 0) - start);
  const kind = KINDS[span.kind ?? 0] ?? `kind ${span.kind}`;
  const lines = [
    `${palette.strong(`span ${printable(span.name ?? '')}`)}  ${kind}  ${duration}${statusText(span, palette)}`,
    palette.faint(
      `  trace ${span.traceId}  id ${span.spanId}  parent ${span.parentSpanId || '-'}  at ${timeText(start)}`,
    ),
  ];
  if (span.traceState) lines.push(`  trace state ${printable(span.traceState)}`);
  lines.push(...attributeLines(span.attributes, '  '));
  for (const event of span.events ?? []) lines.push(...eventLines(event, start));
  for (const link of span.links ?? []) lines.push(...linkLines(link));
  const dropped = droppedText(span);
  if (dropped) lines.push(`  dropped: ${dropped}`);
  return lines;
}

function statusText({ status }: Span, palette: Palette): string {
  if (status?.code === STATUS_OK) return `  ${palette.good('ok')}`;
  if (status?.code !== STATUS_ERROR) return '';
  return `  ${palette.bad(status.message ? `error: ${printable(status.message)}` : 'error')}`;
}

function eventLines(event: SpanEvent, start: bigint): string[] {
  const offset = BigInt(event.timeUnixNano ?? 0) - start;
  return [
    `  event ${printable(event.name ?? '')}  ${offset < 0n ? '-' : '+'}${durationText(offset < 0n ? -offset : offset)}`,
    ...attributeLines(event.attributes, '    '),
  ];
}

function linkLines(link: SpanLink): string[] {
  const state = link.traceState ? `  trace state ${printable(link.traceState)}` : '';
  return [`  link trace ${link.traceId}  id ${link.spanId}${state}`, ...attributeLines(link.attributes, '    ')];
}

function attributeLines(attributes: KeyValue[] | undefined, indent: string): string[] {
  return (attributes ?? []).map((attribute) => indent + entryText(attribute));
}

function entryText({ key, value }: KeyValue): string {
  return `${printable(key)} = ${valueText(value)}`;
}

/** A value as text: strings in quotes, so that "1" and 1 differ. */
export function valueText(value: AnyValue | undefined): string {
  if (value?.stringValue !== undefined) return printable(JSON.stringify(value.stringValue));
  if (value?.boolValue !== undefined) return String(value.boolValue);
  if (value?.intValue !== undefined) return String(value.intValue);
  if (value?.doubleValue !== undefined) return String(value.doubleValue);
  if (value?.bytesValue !== undefined) return `base64:${value.bytesValue}`;
  if (value?.arrayValue !== undefined) return `[${(value.arrayValue.values ?? []).map(valueText).join(', ')}]`;
  if (value?.kvlistValue !== undefined) return `{${(value.kvlistValue.values ?? []).map(entryText).join(', ')}}`;
  return '(empty)';
}

function droppedText(span: Span): string {
  const counts: [string, number | undefined][] = [
    ['attributes', span.droppedAttributesCount],
    ['events', span.droppedEventsCount],
    ['links', span.droppedLinksCount],
  ];
  return counts
    .filter(([, count]) => count)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}

/** Nanoseconds in the unit that suits them. */
export function durationText(nanoseconds: bigint): string {
  const value = Number(nanoseconds);
  if (value < 1e3) return `${value} ns`;
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} us`;
  if (value < 1e9) return `${(value / 1e6).toFixed(2)} ms`;
  return `${(value / 1e9).toFixed(3)} s`;
}

/** Nanoseconds since the Unix epoch as an ISO 8601 time with all nine digits. */
export function timeText(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  if (Number.isNaN(date.getTime())) return `${nanoseconds} ns`;
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return `${date.toISOString().slice(0, 19)}.${fraction}Z`;
}
