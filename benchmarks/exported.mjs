// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ARMS, IDLE_ARMS, LOG_ARMS, LOG_RECORD_ARMS, SPAN_ARMS } from './arms.mjs';
import { ATTRIBUTES_PER_RECORD } from './log-workload.mjs';
import { runApp, withCollector, withDirectory, withSink } from './processes.mjs';
import { ATTRIBUTES_PER_SPAN, SPANS_PER_TRACE } from './workload.mjs';

/**
 * Runs a task of app.mjs with all that its arm needs around it: directory, sink, collector.
 * @returns what the task measured, and `counts`: what the sink received of `made` spans or log records.
 */
export function runExported(task, arm, settings, options) {
  const { exports, collector } = ARMS[arm] ?? LOG_ARMS[arm] ?? SPAN_ARMS[arm] ?? LOG_RECORD_ARMS[arm] ?? IDLE_ARMS[arm];
  return withDirectory((directory) =>
    withSink((sink) => {
      const run = async () => {
        const result = await runApp(task, arm, { ...settings, directory, endpoint: sink.url }, options);
        return { ...result, counts: await sink.received(exports && options?.mayDrop !== true ? result.made : 0) };
      };
      return collector ? withCollector(directory, sink.url, run) : run();
    }),
  );
}

/** Fails unless the sink holds exactly what workload.mjs makes. */
export function verifyWorkload(arm, { made, counts }) {
  const spans = ARMS[arm]?.exports ? made : 0;
  verify(arm, counts, { spans, roots: spans / SPANS_PER_TRACE, attributes: spans * ATTRIBUTES_PER_SPAN });
}

/** Fails unless the sink holds exactly what log-workload.mjs makes. */
export function verifyLogs(arm, { made, counts }) {
  const records = LOG_ARMS[arm]?.exports ? made : 0;
  verify(arm, counts, { records, attributes: records * ATTRIBUTES_PER_RECORD });
}

function verify(arm, counts, expected) {
  for (const [what, count] of Object.entries(expected)) {
    if (counts[what] !== count) {
      throw new Error(
        `${arm}: the app made ${count} ${what} and the sink received ${counts[what]}: the figures would not compare the same work`,
      );
    }
  }
}
