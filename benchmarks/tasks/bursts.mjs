// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { measureBursts } from '../measured-bursts.mjs';
import { makeTrace, SPANS_PER_TRACE } from '../workload.mjs';

/** Bursts of spans. */
export function run(sdk, { burstSpans, ...settings }) {
  const tracer = sdk.tracerProvider?.getTracer('benchmark', '1.0.0');
  const makeSpans = (made) => {
    const from = made / SPANS_PER_TRACE;
    const traces = burstSpans / SPANS_PER_TRACE;
    for (let i = 0; i < traces; i++) makeTrace(tracer, from + i);
    return burstSpans;
  };
  return measureBursts({ make: tracer ? makeSpans : () => burstSpans, flush: sdk.flush, ...settings });
}
