// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DEFAULT_COUNT, readFirst } from './attribute-limits.js';
import type { Env } from './env.js';

/** Bounds of what one log record may hold; the fields and their names are the stock SDK's. `Infinity`: no bound. */
export interface LogRecordLimits {
  /** Characters of a string value (UTF-16 code units, as the stock SDK cuts), bytes of a bytes value. */
  attributeValueLengthLimit: number;
  attributeCountLimit: number;
}

/** The record's own variable, then the general one, then the default (SDK environment variables, "LogRecord Limits"). */
export function readLogRecordLimits(env: Env): LogRecordLimits {
  return {
    attributeValueLengthLimit: readFirst(
      env,
      ['OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
      Number.POSITIVE_INFINITY,
    ),
    attributeCountLimit: readFirst(
      env,
      ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
      DEFAULT_COUNT,
    ),
  };
}
