// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Attributes, type AttributeValue, diag } from '@opentelemetry/api';
import { warnOnce } from '../config/warn-once.js';
import { textOf } from '../input/text.js';
import { INVALID, plainAttributeValue } from './plain-value.js';
import type { Redaction } from './redaction.js';

// What counts as an attribute, and how it is cut to a limit: every value that the API allows, from 1.10 on also bytes, maps and mixed
// arrays; told message by message as the stock SDK does.

/** True for null and undefined too: a span drops them, an event or a link keeps the key with no value. */
export function isAttributeValue(value: unknown): boolean {
  if (value === null || value === undefined || isPrimitive(typeof value)) return true;
  return plainAttributeValue(value, Number.POSITIVE_INFINITY).value !== INVALID;
}

function isPrimitive(type: string): boolean {
  return type === 'string' || type === 'number' || type === 'boolean';
}

/** A valid value as it is kept: strings and bytes, also those within arrays and maps, cut to `limit`; arrays and maps copied. */
export function limitLength(value: unknown, limit: number): unknown {
  if (typeof value === 'string') return value.length > limit ? value.substring(0, limit) : value;
  if (value === null || value === undefined || isPrimitive(typeof value)) return value;
  const { value: kept } = plainAttributeValue(value, limit);
  return kept === INVALID ? null : kept;
}

/** Tells of a key or value that cannot be an attribute. */
export function warnInvalid(what: 'key' | 'value', key: unknown): void {
  diag.warn(
    what === 'key' ? `Invalid attribute key: ${textOf(key)}` : `Invalid attribute value set for key: ${textOf(key)}`,
  );
}

/** A copy of what is valid, for a sampler: it may change the object that it is given. */
export function sanitize(attributes: unknown): Attributes {
  const valid: Attributes = {};
  forEachValid(attributes, (key, value) => {
    valid[key] = Array.isArray(value) ? (value.slice() as AttributeValue) : (value as AttributeValue);
  });
  return valid;
}

/** Keys and values by turns, and how many attributes were over the limit. */
export interface CollectedAttributes {
  pairs: unknown[];
  dropped: number;
}

/** The attributes of an event or a link. */
export function collect(
  attributes: unknown,
  countLimit: number,
  lengthLimit: number,
  redaction: Redaction | undefined,
): CollectedAttributes {
  const pairs: unknown[] = [];
  let dropped = 0;
  forEachValid(attributes, (key, value) => {
    if (pairs.length / 2 >= countLimit) {
      dropped++;
      return;
    }
    const limited = limitLength(value, lengthLimit);
    const kept = redaction === undefined ? limited : redaction.of(key, limited);
    if (redaction === undefined || kept !== undefined) pairs.push(key, kept);
  });
  return { pairs, dropped };
}

function forEachValid(attributes: unknown, take: (key: string, value: unknown) => void): void {
  for (const [key, value] of readAttributes(attributes)) {
    if (key === '') warnInvalid('key', key);
    else if (!isAttributeValue(value)) warnInvalid('value', key);
    else take(key, value);
  }
}

/** Keys and values of a user's object; a value whose getter throws is none, and told. */
export function readAttributes(attributes: unknown): [key: string, value: unknown][] {
  const read: [string, unknown][] = [];
  if (typeof attributes !== 'object' || attributes === null) return read;
  let keys: string[] = [];
  try {
    keys = Object.keys(attributes);
  } catch (error) {
    warnOnce('attributes that cannot be read are left out', error);
  }
  for (const key of keys) {
    try {
      read.push([key, (attributes as Record<string, unknown>)[key]]);
    } catch {
      warnInvalid('value', key);
    }
  }
  return read;
}

/** Keys and values by turns, as an object. */
export function toAttributes(pairs: readonly unknown[], count: number): Attributes {
  const attributes: Attributes = {};
  for (let i = 0; i < count; i += 2) {
    const key = pairs[i] as string;
    const value = pairs[i + 1] as AttributeValue;
    if (key === '__proto__') Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true });
    else attributes[key] = value;
  }
  return attributes;
}
