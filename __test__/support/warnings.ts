// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, diag } from '@opentelemetry/api';

const warnings: string[] = [];
const errors: string[] = [];
const ignore = () => {};
diag.setLogger(
  {
    error: (line) => errors.push(line),
    warn: (line) => warnings.push(line),
    info: ignore,
    debug: ignore,
    verbose: ignore,
  },
  DiagLogLevel.ALL,
);

/** The lines that `act` has diag warn of. */
export function warningsOf(act: () => unknown): string[] {
  const before = warnings.length;
  act();
  return warnings.slice(before);
}

/** The lines that `act` has diag report as errors. */
export function errorsOf(act: () => unknown): string[] {
  const before = errors.length;
  act();
  return errors.slice(before);
}
