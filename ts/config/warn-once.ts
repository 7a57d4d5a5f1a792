// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';

/** Lines told by now. Bounded: names in them may come from the outside. */
const told = new Set<string>();
const LIMIT = 1_000;

/**
 * Warns through diag, once a process and thread for each line. The calls that may be wrong are made often, so what is wrong is told by
 * instrument or kind of call, never by value. Never throws: a logger may.
 */
export function warnOnce(line: string, ...details: unknown[]): void {
  tellOnce('warn', line, details);
}

/** The same for what is the fault of code that was plugged in: a sampler, a processor. */
export function errorOnce(line: string, ...details: unknown[]): void {
  tellOnce('error', line, details);
}

function tellOnce(level: 'warn' | 'error', line: string, details: unknown[]): void {
  if (told.has(line) || told.size === LIMIT) return;
  told.add(line);
  try {
    diag[level](`otlp-mmap: ${line}`, ...details);
  } catch {
    // Nobody is left to tell.
  }
}
