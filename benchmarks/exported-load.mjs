// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { verifyWorkload } from './exported.mjs';
import { runApp } from './processes.mjs';

/** Whose spans are exported: those of the tracer provider. */
const ARM = 'provider';
/** Room for a third of a second at 100,000 spans a second: what is measured is the collector, not how soon a ring of the default size is full. */
const GEOMETRY = { spansBuffers: 131_072, spansBufferSize: 512 };

/** Several processes make spans at a steady rate for some seconds. Resolves with how many. */
export async function produceSpans(directory, { producers, spansPerSecond }, seconds) {
  const settings = { directory, geometry: GEOMETRY, spansPerSecond, seconds, warmUpSeconds: 0 };
  const results = await Promise.all(Array.from({ length: producers }, () => runApp('paced', ARM, settings)));
  return results.reduce((sum, { made }) => sum + made, 0);
}

/** Every sink has to have every span. */
export function verifyExported(made, counts) {
  verifyWorkload(ARM, { made, counts });
}

/**
 * What a collector's process takes for each span, from the first until all sinks have the last, after warm-up.
 *
 * @param produce Makes spans for some seconds; resolves with how many.
 */
export async function costOfExport({ cpuSeconds }, sinks, { warmUpSeconds, seconds }, produce) {
  let made = await produce(warmUpSeconds);
  for (const sink of sinks) await sink.received(made);
  const before = { made, cpu: cpuSeconds() };
  made += await produce(seconds);
  const counts = [];
  for (const sink of sinks) counts.push(await sink.received(made));
  const [spans, cpu] = [made - before.made, cpuSeconds() - before.cpu];
  for (const each of counts) verifyExported(made, each);
  return { spansPerCoreSecond: spans / cpu, cpuMicroseconds: (cpu / spans) * 1e6 };
}
