// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { format } from 'node:util';
import type { DiagLogger } from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import { wrapDiagLoggers } from '../config/diagnostics.js';

/** Methods of `console` that print what they are given, and the severity that each stands for (OTLP's number, and its name). */
const METHODS = {
  trace: [1, 'TRACE'],
  debug: [5, 'DEBUG'],
  log: [9, 'INFO'],
  info: [9, 'INFO'],
  warn: [13, 'WARN'],
  error: [17, 'ERROR'],
} as const;
const DIAG_METHODS = ['error', 'warn', 'info', 'debug', 'verbose'] as const;

/** What is printed now comes from this package or from diag, not from the app. */
let isOurs = false;

/**
 * Records what the app prints through `console` as log records, with the text as it is printed as body and the first error among
 * the arguments as exception. What it prints stays as it is. Lines of `diag` are not recorded: one that tells of a failed record would make
 * the next one.
 */
export function captureConsole(provider: LoggerProvider): void {
  const logger = provider.getLogger('console');
  wrapDiagLoggers(marked);
  for (const [method, [severityNumber, severityText]] of Object.entries(METHODS)) {
    const name = method as keyof typeof METHODS;
    const print = console[name];
    console[name] = (...args: unknown[]): void => {
      print.apply(console, args);
      if (isOurs) return;
      isOurs = true;
      try {
        const exception = args.find((arg) => arg instanceof Error);
        logger.emit({ severityNumber, severityText, body: format(...args), exception });
      } catch {
        // An argument that cannot be told apart or printed: `print` has dealt with it.
      } finally {
        isOurs = false;
      }
    };
  }
}

/** A logger whose lines are known for what they are, if it prints them through `console`. */
function marked(logger: DiagLogger): DiagLogger {
  if (typeof logger !== 'object' || logger === null) return logger;
  const result = Object.create(logger) as DiagLogger;
  for (const method of DIAG_METHODS) {
    result[method] = (...args: [string, ...unknown[]]) => {
      const before = isOurs;
      isOurs = true;
      try {
        logger[method](...args);
      } finally {
        isOurs = before;
      }
    };
  }
  return result;
}
