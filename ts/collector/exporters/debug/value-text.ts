// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { printable } from '../../terminal.js';
import type { AnyValue, KeyValue } from './otlp-json.js';

/** One line for each attribute. */
export function attributeLines(attributes: KeyValue[] | undefined, indent: string): string[] {
  return (attributes ?? []).map((attribute) => indent + entryText(attribute));
}

export function entryText({ key, value }: KeyValue): string {
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

/** All attributes, for one line. */
export function attributesInline(attributes: KeyValue[] | undefined): string {
  return (attributes ?? []).map((attribute) => `  ${entryText(attribute)}`).join('');
}

/** What was dropped, as in `2 attributes, 1 events`; empty for nothing. */
export function droppedText(counts: readonly [string, number | undefined][]): string {
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
