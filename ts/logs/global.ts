// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as api from '@opentelemetry/api';
import type * as ApiLogs from '@opentelemetry/api-logs';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import { requireFromApp } from '../config/app-packages.js';

/** Where @opentelemetry/api-logs keeps its provider, for all of its copies. */
const API_LOGS = Symbol.for('io.opentelemetry.js.api.logs');

/** The logs API within @opentelemetry/api, from 1.10 on. */
interface ApiWithLogs {
  logs?: { setGlobalLoggerProvider(provider: LoggerProvider): unknown };
}

/**
 * Makes `provider` that of the logs APIs: of @opentelemetry/api-logs, preferably the app's own copy, whose early loggers then
 * find it, and of @opentelemetry/api where it has logs. One that is set already stays.
 */
export function setGlobalLoggerProvider(provider: LoggerProvider): void {
  const { logs } =
    requireFromApp<typeof ApiLogs>('@opentelemetry/api-logs') ?? (require('@opentelemetry/api-logs') as typeof ApiLogs);
  logs.setGlobalLoggerProvider(provider);
  (api as ApiWithLogs).logs?.setGlobalLoggerProvider(provider);
}

/** Whether somebody has set a logger provider already. */
export function hasGlobalLoggerProvider(): boolean {
  return (globalThis as Record<symbol, unknown>)[API_LOGS] !== undefined;
}
