// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Palette, printable } from '../../terminal.js';
import type { Span, SpanEvent, SpanLink } from './otlp-json.js';
import { attributeLines, attributesInline, droppedText, durationText, timeText } from './value-text.js';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** A span in one line. */
export function spanLine(span: Span, palette: Palette): string {
  const duration = durationText(BigInt(span.endTimeUnixNano ?? 0) - BigInt(span.startTimeUnixNano ?? 0));
  const kind = KINDS[span.kind ?? 0] ?? `kind ${span.kind}`;
  const ids = palette.faint(`${span.traceId} ${span.spanId}`);
  const name = palette.strong(printable(span.name ?? ''));
  return `${name}  ${kind}  ${duration}${statusText(span, palette)}  ${ids}${attributesInline(span.attributes)}`;
}

/** Everything that a span holds, in lines. */
export function spanLines(span: Span, palette: Palette): string[] {
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
  const dropped = droppedText([
    ['attributes', span.droppedAttributesCount],
    ['events', span.droppedEventsCount],
    ['links', span.droppedLinksCount],
  ]);
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
