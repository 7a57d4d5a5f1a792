// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ConfigError } from './config/problems.js';
import { UsageError } from './usage-error.js';

/** 1 something does not work, 2 wrong command line, 78 wrong configuration (EX_CONFIG of sysexits.h). */
export function exitCodeOf(error: Error): number {
  if (error instanceof ConfigError) return 78;
  return isUsageError(error) ? 2 : 1;
}

/** parseArgs throws TypeErrors with these codes for arguments that it does not know. */
export function isUsageError(error: NodeJS.ErrnoException): boolean {
  return error instanceof UsageError || (error.code ?? '').startsWith('ERR_PARSE_ARGS_');
}

/** Each mistake of a configuration has a line of its own. */
export function messagesOf(error: Error): readonly string[] {
  return error instanceof ConfigError ? error.problems : [error.message];
}
