// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import type { Signal } from '../../../ts/collector/batch';
import { loadBinding } from '../../../ts/native/loader';
import { AppRun } from '../app-run';
import { CommandRun } from '../command';
import { configFiles } from '../config/documents';
import { temporaryFolder } from '../fixtures';
import { Sink } from '../sink';

const configuration = (directory: string, url: string) => `
receivers: { mmap: { include: [${directory}] } }
processors: { batch: { timeout: 1h, send_batch_size: 100, send_batch_max_size: 120 } }
exporters: { otlphttp: { endpoint: "${url}", compression: none, sending_queue: { num_consumers: 1 } } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [mmap], processors: [batch], exporters: [otlphttp] }
    logs: { receivers: [mmap], processors: [batch], exporters: [otlphttp] }
`;

const PORTIONS = 20;
const PORTION = 50;

test('a collector sends batches of the configured size, none above the maximum, and the rest at its end', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const directory = temporaryFolder(t);
  const run = new CommandRun(t, ['--config', ...configFiles(t, configuration(directory, sink.url))]);
  const app = new AppRun(t, directory, 'shop', 'all-signals.cjs');
  for (let portion = 0; portion < PORTIONS; portion++) await app.tell(`work ${PORTION}`);
  await app.tell('end');
  await app.kill('SIGTERM');
  // Of each signal at least one: that is before the end, by the size alone.
  while (new Set(sink.requests.map(({ path }) => path)).size < 2) await sink.arrived(sink.requests.length + 1);
  t.is(await run.stop(), 0, run.stderr);

  const sizes: Record<Signal, number[]> = { traces: [], logs: [], metrics: [] };
  for (const { path, body } of sink.requests) {
    const signal = path.slice('/v1/'.length) as Signal;
    const request = JSON.parse(loadBinding().requestToJson(signal, body));
    const scopes = (request.resourceSpans ?? request.resourceLogs).flatMap(
      ({ scopeSpans, scopeLogs }: Record<string, object[]>) => scopeSpans ?? scopeLogs,
    );
    const items = scopes.flatMap(({ spans, logRecords }: Record<string, object[]>) => spans ?? logRecords);
    sizes[signal].push(items.length);
  }
  // A span around each portion, and one that was open all the time.
  const made = { traces: PORTIONS * (PORTION + 1) + 1, logs: PORTIONS * PORTION };
  for (const signal of ['traces', 'logs'] as const) {
    t.is(
      sizes[signal].reduce((sum, size) => sum + size, 0),
      made[signal],
      signal,
    );
    const whole = sizes[signal].slice(0, -1);
    t.true(
      whole.every((size) => size >= 100 && size <= 120),
      `${signal}: ${sizes[signal]}`,
    );
    t.true(sizes[signal].at(-1)! <= 120);
  }
});
