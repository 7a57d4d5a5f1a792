// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, diag } from '@opentelemetry/api';

const warnings: string[] = [];
const ignore = () => {};
diag.setLogger(
  { error: ignore, warn: (line) => warnings.push(line), info: ignore, debug: ignore, verbose: ignore },
  DiagLogLevel.ALL,
);

/** The lines that `act` has diag warn of. */
export function warningsOf(act: () => unknown): string[] {
  const before = warnings.length;
  act();
  return warnings.slice(before);
}
