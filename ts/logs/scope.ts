// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { LoggerOptions } from '@opentelemetry/api-logs';
import { INVALID, plainAttributeValue } from '../attributes/plain-value.js';
import { readAttributes, warnInvalid } from '../attributes/valid.js';
import type { LogRecordLimits } from '../config/log-limits.js';
import type { ScopeInput } from '../input/scope.js';
import { Scope } from '../record/scope.js';

/** A logger's scope; its attributes keep to the limits of log records, and what does not is counted, as the stock SDK has it. */
export function createLogScope(
  { name, version, schemaUrl }: ScopeInput,
  options: LoggerOptions | undefined,
  limits: LogRecordLimits,
): Scope {
  const attributes: Record<string, unknown> = Object.create(null);
  let count = 0;
  let dropped = 0;
  for (const [key, value] of attributesOf(options)) {
    const plain = plainAttributeValue(value, limits.attributeValueLengthLimit).value;
    if (value === undefined) continue;
    if (key === '') warnInvalid('key', key);
    else if (plain === INVALID) warnInvalid('value', key);
    else if (count < limits.attributeCountLimit) {
      attributes[key] = plain;
      count++;
      continue;
    }
    dropped++;
  }
  return new Scope(name, version, schemaUrl, count > 0 ? attributes : undefined, dropped);
}

/** A user's object, which may throw at any touch. */
function attributesOf(options: LoggerOptions | undefined): [key: string, value: unknown][] {
  try {
    return readAttributes(options?.attributes);
  } catch {
    return [];
  }
}

/** Equal for scopes that are one. */
export function keyOfScope({ name, version, schemaUrl, attributes, droppedAttributes }: Scope): string {
  const base = `${name}@${version}:${schemaUrl}`;
  if (attributes === undefined && droppedAttributes === 0) return base;
  const entries = Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${base}:${droppedAttributes}:${JSON.stringify(entries, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value))}`;
}
