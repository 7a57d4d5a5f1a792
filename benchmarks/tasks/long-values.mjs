// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from 'node:timers/promises';

/** Bursts of spans with one attribute of `bytes` bytes, with pauses in which each side drains. CPU time is that of the whole process. */
export async function run(sdk, { warmUpBursts, bursts, burstSpans, bytes, pause }) {
  const tracer = sdk.tracerProvider.getTracer('benchmark', '1.0.0');
  // Flat strings, as they come from a socket or a file: a rope would be flattened in the first call.
  const values = Array.from({ length: 16 }, (_, i) => Buffer.alloc(bytes, 97 + i).toString('latin1'));
  let made = 0;
  let inCalls = 0;
  const burst = async () => {
    const from = performance.now();
    for (let i = 0; i < burstSpans; i++) {
      const span = tracer.startSpan('SELECT items');
      span.setAttribute('db.query.text', values[i & 15]);
      span.end();
    }
    inCalls += performance.now() - from;
    made += burstSpans;
    await sleep(pause);
  };
  await burst();
  await sdk.flush();
  for (let i = 1; i < warmUpBursts; i++) await burst();
  await sdk.flush();
  const before = made;
  inCalls = 0;
  const cpu = process.cpuUsage();
  for (let i = 0; i < bursts; i++) await burst();
  await sdk.flush();
  const { user, system } = process.cpuUsage(cpu);
  const spans = made - before;
  return { made, cpuMicroseconds: (user + system) / spans, callMicroseconds: (1000 * inCalls) / spans };
}
