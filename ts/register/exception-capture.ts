// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { LoggerProvider } from '@opentelemetry/api-logs';

const FATAL = 21;
const ERROR = 17;
const FIRST_LINE = /^[^\n]*/;

/**
 * Records an error that nobody caught, thrown or from a promise, before Node.js deals with it. The monitor is only told: what is printed, the exit
 * code and the app's own handlers stay what they are.
 */
export function captureExceptions(provider: LoggerProvider): void {
  const logger = provider.getLogger('exceptions');
  process.on('uncaughtExceptionMonitor', (error: unknown, origin: string) => {
    const isHandled = process.listenerCount('uncaughtException') > 0;
    logger.emit({
      severityNumber: isHandled ? ERROR : FATAL,
      severityText: isHandled ? 'ERROR' : 'FATAL',
      eventName: 'exception',
      body: textOf(error),
      exception: exceptionOf(error),
      attributes: { 'otlp_mmap.exception.origin': origin },
    });
  });
}

/** Anything can be thrown. */
function exceptionOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? error : textOf(error);
}

function textOf(error: unknown): string {
  try {
    return FIRST_LINE.exec(String(error))?.[0] ?? '';
  } catch {
    return '';
  }
}
