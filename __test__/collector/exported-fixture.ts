// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ExecutionContext } from 'ava';
import { exportedSpans, recordedSpans } from './fixtures';

/** Spans of a_traces that have ended. */
export const ENDED = [...recordedSpans().values()].filter(({ endTimeUnixNano }) => endTimeUnixNano !== undefined);

/** Spans that the file a_traces gives, the open one included. */
export const ALL = recordedSpans().size;

/** These OTLP JSON lines hold every span of a_traces as it was recorded. */
export function checkSpans(t: ExecutionContext, lines: string): void {
  const found = exportedSpans(lines);
  for (const span of ENDED) t.deepEqual(found.get(span.spanId), span, span.name);
  t.is(found.size, ALL);
}
