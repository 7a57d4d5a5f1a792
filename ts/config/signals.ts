// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Env, readBoolean, readList } from './env.js';

export type Signal = 'traces' | 'metrics' | 'logs';

/** OTEL_SDK_DISABLED: nothing of the SDK is to be set up. */
export function isSdkDisabled(env: Env): boolean {
  return readBoolean(env, 'OTEL_SDK_DISABLED');
}

/**
 * Whether a signal is to be recorded: not when OTEL_{TRACES,METRICS,LOGS}_EXPORTER holds "none". Other values choose an
 * exporter in the process, which is not how records leave here, so they change nothing.
 */
export function isSignalEnabled(env: Env, signal: Signal): boolean {
  return !readList(env, `OTEL_${signal.toUpperCase()}_EXPORTER`)?.includes('none');
}
