// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import test from 'ava';
import { MmapLoggerProvider, MmapTracerProvider } from 'otlp-mmap';
import { CommandRun } from './command';
import { configFiles } from './config/documents';
import { temporaryFolder } from './fixtures';

// What apps lose is in the collector's own metrics: every ring and reason, those that are 0 as well.

const RINGS = ['events', 'spans', 'measurements'] as const;
const REASONS = ['full', 'too_large', 'disk', 'disabled', 'limit', 'truncated'];
/** A slot of 64 bytes does not even take a log record's span context and a reference to the spill ring. */
const geometry = { spansBuffers: 64, eventsBuffers: 16, eventsBufferSize: 64, measurementsBuffers: 2, spillBytes: 0 };

test('whatever an app loses is in the metrics of the collector by ring and reason', async (t) => {
  const directory = temporaryFolder(t);
  const options = { directory, geometry, resourceDetectors: [] };

  // What a process left unread has to go to make room: limit.
  const ended = new MmapTracerProvider(options);
  for (let i = 0; i < 3; i++) ended.getTracer('ended').startSpan('unread').end();
  await ended.shutdown();
  const [left] = readdirSync(directory);
  const { size } = statSync(join(directory, left));

  // A folder over its limit takes no file: disk.
  const foreign = join(directory, 'foreign.mmap');
  writeFileSync(foreign, '');
  truncateSync(foreign, 2 * size);
  const place = { ...options, directoryLimit: size + 4096 };
  const tracers = new MmapTracerProvider(place);
  const loggers = new MmapLoggerProvider(place);
  for (let i = 0; i < 4; i++) tracers.getTracer('a').startSpan('nowhere');
  t.deepEqual(tracers.status()!.drops, { spans: { disk: 4 } });
  rmSync(foreign);
  while (tracers.status()!.file === undefined) tracers.getTracer('a').startSpan('somewhere').end();

  tracers.getTracer('a').startSpan('long').setAttribute('text', 'x'.repeat(10_000)).end();
  const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
  loggers.getLogger('a').emit({ body: 'x'.repeat(100), context: trace.setSpanContext(ROOT_CONTEXT, context) });
  for (let i = 0; i < 100; i++) {
    tracers.getTracer('a').startSpan('more').end();
    loggers.getLogger('a').emit({});
  }
  const { drops } = tracers.status()!;
  t.deepEqual(Object.keys(drops.spans).sort(), ['disk', 'full', 'limit', 'truncated']);
  t.deepEqual(Object.keys(drops.events).sort(), ['full', 'too_large']);

  const [path] = configFiles(
    t,
    `
receivers: { mmap: { include: [${directory}] } }
exporters: { debug: }
service:
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: 0 } } } }] } }
  pipelines:
    traces: { receivers: [mmap], exporters: [debug] }
    logs: { receivers: [mmap], exporters: [debug] }
`,
  );
  const run = new CommandRun(t, ['--config', path]);
  const url = await run.urlOf('service.telemetry');
  const scrape = async () => (await fetch(url)).text();
  await run.says(/reading .*\.mmap/);
  const full = `ring="spans",reason="full"} ${drops.spans.full}\n`;
  let text = await scrape();
  while (!text.includes(full)) text = await scrape();
  for (const ring of RINGS) {
    for (const reason of REASONS) {
      const series = `otelcol_receiver_dropped_records{receiver="mmap",ring="${ring}",reason="${reason}"}`;
      t.true(text.includes(`\n${series} ${drops[ring]?.[reason] ?? 0}\n`), `${series} ${drops[ring]?.[reason]}`);
    }
  }
  for (const part of ['attribute', 'body', 'link', 'reference', 'text']) {
    t.true(text.includes(`\notelcol_receiver_undecodable_parts{receiver="mmap",part="${part}"} 0\n`), part);
  }
  t.is(await run.stop(), 0, run.stderr);
  await Promise.all([tracers.shutdown(), loggers.shutdown()]);
});
