// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagConsoleLogger, type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { type Env, readString, warnOfValue } from './env.js';

/** The API keeps its globals here, for all copies of the API; it is the only way to see whether one is set. */
const API_GLOBALS = Symbol.for('opentelemetry.js.api.1');

const LEVELS: Record<string, DiagLogLevel> = {
  all: DiagLogLevel.ALL,
  verbose: DiagLogLevel.VERBOSE,
  debug: DiagLogLevel.DEBUG,
  info: DiagLogLevel.INFO,
  warn: DiagLogLevel.WARN,
  error: DiagLogLevel.ERROR,
  none: DiagLogLevel.NONE,
};

/** The level of OTEL_LOG_LEVEL, or undefined when it is unset or unknown. */
export function readLogLevel(env: Env): DiagLogLevel | undefined {
  const name = readString(env, 'OTEL_LOG_LEVEL')?.toLowerCase();
  if (name === undefined) {
    return undefined;
  }
  if (!Object.hasOwn(LEVELS, name)) {
    warnOfValue('OTEL_LOG_LEVEL', name, `is not one of ${Object.keys(LEVELS).join(', ')}: leaving it unset`);
    return undefined;
  }
  return LEVELS[name];
}

/** Whether a global of the API ("trace", "diag", …) is set already, by whichever copy of the API. */
export function isApiGlobalSet(name: string): boolean {
  const globals = (globalThis as Record<symbol, unknown>)[API_GLOBALS] as Record<string, unknown> | undefined;
  return globals?.[name] !== undefined;
}

/** Has `wrap` stand in for diag's logger: the one that is set now, and those that are set later through this copy of the API. */
export function wrapDiagLoggers(wrap: (logger: DiagLogger) => DiagLogger): void {
  const globals = (globalThis as Record<symbol, unknown>)[API_GLOBALS] as { diag?: DiagLogger } | undefined;
  if (globals?.diag !== undefined) {
    globals.diag = wrap(globals.diag);
  }
  const setLogger = diag.setLogger as (logger: DiagLogger, ...rest: unknown[]) => boolean;
  diag.setLogger = ((logger: DiagLogger, ...rest: unknown[]) =>
    setLogger.call(diag, logger === diag ? logger : wrap(logger), ...rest)) as typeof diag.setLogger;
}

/**
 * Says through `diag` one line that an operator needs to see even when nobody set up diag: with neither a logger nor
 * OTEL_LOG_LEVEL it goes to the console. The logger for it is taken away again at once, so that a logger that the app sets
 * later finds none before it.
 */
export function announce(level: 'warn' | 'error', message: string, env: Env = process.env): void {
  const silent = !isApiGlobalSet('diag') && readLogLevel(env) === undefined;
  if (silent) {
    diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
  }
  diag[level](`otlp-mmap: ${message}`);
  if (silent) {
    diag.disable();
  }
}
