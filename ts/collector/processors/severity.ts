// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { scalar } from '../config/schema/scalar.js';
import type { Schema } from '../config/schema/schema.js';

const NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** A severity as OTLP numbers it: 1 to 24, or a name such as `INFO` or `INFO2`. */
export const severity = scalar<number>((node) => {
  const text = String(node.text ?? node.value).toUpperCase();
  const match = /^([A-Z]+)([1-4])?$/.exec(text);
  const index = match ? NAMES.indexOf(match[1]) : -1;
  const value = index >= 0 ? index * 4 + Number(match?.[2] ?? 1) : Number(text);
  return Number.isInteger(value) && value >= 1 && value <= 24
    ? { value }
    : {
        expected: `is no severity: write ${NAMES.join(', ')}, one of them with 2 to 4 as in INFO2, or a number from 1 to 24`,
      };
}, {}) as Schema<number | undefined>;
