// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { TraceState } from '@opentelemetry/api';

/** A trace state as W3C text. One that cannot say so itself counts as none: it is the user's object, and must not throw here. */
export function serializeTraceState(traceState: TraceState | undefined): string | undefined {
  if (traceState === undefined || traceState === null) return undefined;
  try {
    const text: unknown = traceState.serialize();
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
