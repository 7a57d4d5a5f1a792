// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Palette, printable } from '../../terminal.js';
import type { LogRecord } from './otlp-json.js';
import { attributeLines, attributesInline, timeText, valueText } from './value-text.js';

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const FIRST_ERROR = 17;

/** A log record in one line. */
export function logLine(record: LogRecord, palette: Palette): string {
  return `${headText(record, palette)}${attributesInline(record.attributes)}`;
}

/** Everything that a log record holds, in lines. */
export function logLines(record: LogRecord, palette: Palette): string[] {
  const lines = [headText(record, palette)];
  if (record.traceId) lines.push(palette.faint(`  trace ${record.traceId}  span ${record.spanId || '-'}`));
  const { timeUnixNano = '0', observedTimeUnixNano = '0' } = record;
  if (timeUnixNano !== '0' && observedTimeUnixNano !== '0' && observedTimeUnixNano !== timeUnixNano) {
    lines.push(palette.faint(`  observed at ${timeText(BigInt(observedTimeUnixNano))}`));
  }
  lines.push(...attributeLines(record.attributes, '  '));
  if (record.droppedAttributesCount) lines.push(`  dropped: ${record.droppedAttributesCount} attributes`);
  return lines;
}

function headText(record: LogRecord, palette: Palette): string {
  const { timeUnixNano = '0', observedTimeUnixNano = '0', severityNumber = 0, eventName, body } = record;
  const severity = severityText(record);
  const paint = severityNumber >= FIRST_ERROR ? palette.bad : palette.strong;
  const time = timeText(BigInt(timeUnixNano === '0' ? observedTimeUnixNano : timeUnixNano));
  const event = eventName ? `  event ${printable(eventName)}` : '';
  return `${paint(`log ${severity}`)}  ${time}${event}${body === undefined ? '' : `  ${valueText(body)}`}`;
}

function severityText({ severityNumber = 0, severityText }: LogRecord): string {
  if (severityText) return printable(severityText);
  if (severityNumber < 1 || severityNumber > 24) return '-';
  const step = (severityNumber - 1) % 4;
  return SEVERITIES[(severityNumber - 1) >> 2] + (step === 0 ? '' : step + 1);
}
