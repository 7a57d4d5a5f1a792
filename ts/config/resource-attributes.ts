// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Env, readString, warnOfValue } from './env.js';

/** Longest key and value that the stock detector takes. */
const MAX_LENGTH = 255;

/**
 * Attributes of OTEL_RESOURCE_ATTRIBUTES, with OTEL_SERVICE_NAME over its `service.name`. As the resource specification
 * asks, keys and values are percent-decoded, and one bad entry discards the whole variable (with a warning).
 */
export function readResourceAttributes(env: Env): Record<string, string> {
  const attributes: Record<string, string> = {};
  const text = readString(env, 'OTEL_RESOURCE_ATTRIBUTES');
  if (text !== undefined) {
    const problem = parseInto(attributes, text);
    if (problem !== undefined) {
      warnOfValue('OTEL_RESOURCE_ATTRIBUTES', text, `${problem}: ignoring all of it`);
      for (const key of Object.keys(attributes)) {
        delete attributes[key];
      }
    }
  }
  const serviceName = readString(env, 'OTEL_SERVICE_NAME');
  if (serviceName !== undefined) {
    attributes['service.name'] = serviceName;
  }
  return attributes;
}

/** Fills `attributes`; returns what is wrong with `text`, if anything is. */
function parseInto(attributes: Record<string, string>, text: string): string | undefined {
  for (const entry of text.split(',')) {
    if (entry.trim() === '') {
      continue;
    }
    const parts = entry.split('=');
    if (parts.length !== 2) {
      return `has ${JSON.stringify(entry.trim())}, which is not one key=value (write "," as %2C and "=" as %3D)`;
    }
    let key: string;
    let value: string;
    try {
      key = decodeURIComponent(parts[0].trim());
      value = decodeURIComponent(parts[1].trim());
    } catch {
      return `has ${JSON.stringify(entry.trim())}, which cannot be percent-decoded (write "%" as %25)`;
    }
    if (key === '') {
      return `has an entry without a key, ${JSON.stringify(entry.trim())}`;
    }
    if (key.length > MAX_LENGTH || value.length > MAX_LENGTH) {
      return `has a key or value of more than ${MAX_LENGTH} characters at ${JSON.stringify(key.slice(0, 40))}`;
    }
    attributes[key] = value;
  }
  return undefined;
}
