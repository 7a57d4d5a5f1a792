// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** What should be a string and, in JavaScript, may be anything: as text, and never an error. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return String(value);
  } catch {
    return '';
  }
}
