// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { makeTrace, SPANS_PER_TRACE } from '../workload.mjs';

/** Milliseconds between two turns of the loop that count as a stall. */
const STALL = 5;

/** A steady load, and how long the event loop was held up meanwhile. */
export async function run(sdk, { spansPerSecond, seconds, warmUpSeconds }) {
  const tracer = sdk.tracerProvider.getTracer('benchmark', '1.0.0');
  let made = await load(tracer, spansPerSecond, warmUpSeconds, 0, () => {});
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let stalls = 0;
  delay.enable();
  made += await load(tracer, spansPerSecond, seconds, made, (gap) => {
    if (gap >= STALL) stalls++;
  });
  delay.disable();
  await sdk.flush();
  return {
    made: made * SPANS_PER_TRACE,
    medianMilliseconds: delay.percentile(50) / 1e6,
    p99Milliseconds: delay.percentile(99) / 1e6,
    longestMilliseconds: delay.max / 1e6,
    stalls,
  };
}

/** Resolves with the traces made. `onTurn` hears of the time since the turn before. */
function load(tracer, spansPerSecond, seconds, from, onTurn) {
  return new Promise((resolve) => {
    const total = (spansPerSecond * seconds) / SPANS_PER_TRACE;
    const begin = performance.now();
    let last = begin;
    let made = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      onTurn(now - last);
      last = now;
      const due = Math.min(total, ((now - begin) / 1000) * (spansPerSecond / SPANS_PER_TRACE));
      for (; made < due; made++) makeTrace(tracer, from + made);
      if (made < total) return;
      clearInterval(timer);
      resolve(made);
    }, 1);
  });
}
