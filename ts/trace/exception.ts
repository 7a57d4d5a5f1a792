// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, Exception } from '@opentelemetry/api';
import { textOf } from '../input/text.js';

/**
 * The attributes of an exception event (semantic conventions, "Exceptions"): the code before the name as type. Undefined when
 * there is neither a type nor a message.
 */
export function describeException(exception: Exception | undefined): Attributes | undefined {
  const attributes: Attributes = {};
  if (typeof exception === 'string') {
    attributes['exception.message'] = exception;
  } else if (exception) {
    const { code, name, message, stack } = exception as {
      code?: unknown;
      name?: string;
      message?: string;
      stack?: string;
    };
    if (code) attributes['exception.type'] = textOf(code);
    else if (name) attributes['exception.type'] = name;
    if (message) attributes['exception.message'] = message;
    if (stack) attributes['exception.stacktrace'] = stack;
  }
  return attributes['exception.type'] || attributes['exception.message'] ? attributes : undefined;
}
