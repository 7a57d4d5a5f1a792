// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { textOf } from '../input/text.js';

/**
 * The attributes of a log record's exception (semantic conventions, "Exceptions in logs"): the code before the name as type. What
 * an error's getters throw goes to the caller.
 */
export function exceptionAttributes(exception: unknown): [key: string, value: unknown][] {
  const attributes: [string, unknown][] = [];
  if (typeof exception === 'string' || typeof exception === 'number') {
    attributes.push(['exception.message', String(exception)]);
  } else if (typeof exception === 'object' && exception !== null) {
    const { code, name, message, stack } = exception as Record<'code' | 'name' | 'message' | 'stack', unknown>;
    if (code) attributes.push(['exception.type', textOf(code)]);
    else if (name) attributes.push(['exception.type', name]);
    if (message) attributes.push(['exception.message', message]);
    if (stack) attributes.push(['exception.stacktrace', stack]);
  }
  if (attributes.length === 0) diag.warn(`Failed to record an exception ${textOf(exception)}`);
  return attributes;
}
