// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as fc from 'fast-check';

/** Lowercase digits; the first is none that an id of zeros begins with. */
const id = (length: number) =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .map((digits) => `1${digits.slice(1)}`);

/** Contexts of spans that are valid, sampled or not. */
export const spanContext = fc.record({ traceId: id(32), spanId: id(16), traceFlags: fc.constantFrom(0, 1) });
