// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { Sink } from './sink';

// Receivers that a reload takes out of the configuration, and those that it brings back.

/** Spans in requests of a sink. */
function spansIn(sink: Sink): number {
  return sink.requests
    .map(({ body }) => JSON.parse(loadBinding().requestToJson('traces', body)))
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .reduce((sum, { spans }) => sum + spans.length, 0);
}

interface Wanted {
  receivers: readonly string[];
  exporter: object;
  storage?: unknown;
}

/** Receivers by the last part of their names' folders. */
function configuration(folder: string, { receivers, exporter, storage = 'none' }: Wanted): string {
  const ids = receivers.map((name) => `mmap/${name}`);
  const sections = ids.map((id, index) => [id, { include: [join(folder, receivers[index])] }]);
  return JSON.stringify({
    receivers: Object.fromEntries(sections),
    processors: { batch: { timeout: '1ms' } },
    exporters: { otlphttp: { compression: 'none', ...exporter } },
    service: {
      storage,
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: 0 } } } }] },
      },
      pipelines: { traces: { receivers: ids, processors: ['batch'], exporters: ['otlphttp'] } },
    },
  });
}

/** A run over the folders `a` and `b`, and how it gets another configuration. */
async function started(t: ExecutionContext, wanted: Wanted) {
  const folder = temporaryFolder(t);
  const path = join(folder, 'config.yaml');
  const stats = join(folder, 'stats.json');
  writeFileSync(path, configuration(folder, wanted));
  const run = new CommandRun(t, ['--config', path, '--stats-file', stats]);
  const url = await run.urlOf('service.telemetry');
  return {
    folder,
    run,
    reload: (next: Wanted, text = configuration(folder, next)) => {
      writeFileSync(path, text);
      return run.reload();
    },
    /** The value of one series of the collector's own metrics. */
    async value(name: string): Promise<number | undefined> {
      const text = await (await fetch(url, { headers: { connection: 'close' } })).text();
      const line = text.split('\n').find((each) => each.startsWith(`otelcol_${name} `));
      return line === undefined ? undefined : Number(line.split(' ').at(-1));
    },
    readStats: () => JSON.parse(readFileSync(stats, 'utf8')),
  };
}

const ACCEPTED = 'receiver_accepted_spans{receiver="mmap/a",transport="mmap"}';
const RECORDS = 'receiver_records{receiver="mmap/a",ring="spans"}';

for (const storage of ['without a journal', 'with a journal']) {
  test(`what a receiver counted stays when it leaves the configuration, and goes on when it comes back, ${storage}`, async (t) => {
    const sink = await Sink.start();
    t.teardown(() => sink.close());
    const kept = storage === 'with a journal' ? { directory: temporaryFolder(t) } : 'none';
    const all = { receivers: ['a', 'b'], exporter: { endpoint: sink.url }, storage: kept };
    const { folder, run, reload, value, readStats } = await started(t, all);
    const app = new AppRun(t, join(folder, 'a'), 'shop');
    await app.tell('spans 100');
    await app.tell('flush');
    t.deepEqual([await value(ACCEPTED), await value(RECORDS)], [100, 200]);

    await reload({ ...all, receivers: ['b'] });
    await run.says(/mmap\/a is no longer in force and has ended/);
    t.deepEqual([await value(ACCEPTED), await value(RECORDS)], [100, 200]);
    t.is(await value('receiver_attached_files{receiver="mmap/a"}'), undefined, 'what it read it reads no more');

    await app.tell('spans 50');
    await reload(all);
    await app.tell('flush');
    t.deepEqual([await value(ACCEPTED), await value(RECORDS)], [150, 300]);
    await reload({ ...all, receivers: ['b'] });
    t.is(await run.stop(), 0, run.stderr);
    t.is(spansIn(sink), 150);
    const { receiver, exporters } = readStats();
    t.is(receiver.items.traces, 150);
    t.is(receiver.records.spans, 300);
    t.is(exporters.otlphttp.traces.sent, 150);
  });
}

test('a receiver that leaves while nothing is let in hands over what its files hold: nothing is lost', async (t) => {
  let answer: ServerResponse | undefined;
  let isOpen = false;
  const sink = await Sink.start((_request, response) => {
    if (isOpen) response.end();
    else answer = response;
  });
  t.teardown(() => sink.close());
  const exporter = { endpoint: sink.url, sending_queue: { num_consumers: 1, queue_size: 1 } };
  const all = { receivers: ['a', 'b'], exporter };
  const { folder, run, reload, value } = await started(t, all);
  const app = new AppRun(t, join(folder, 'a'), 'shop');
  let recorded = 0;
  const intakeIsOpen = async () => (await value('exporter_queue_size{exporter="otlphttp"}'))! < 1;
  while (await intakeIsOpen()) {
    await app.tell('spans 10');
    recorded += 10;
  }
  await app.tell('spans 500');
  await reload({ ...all, receivers: ['b'] });
  isOpen = true;
  answer?.end();
  t.is(await run.stop(), 0, run.stderr);
  t.is(spansIn(sink), recorded + 500);
  t.notRegex(run.stderr, /they are dropped/);
});

test('a receiver comes back under its name while its predecessor waits for a destination: it begins when that has ended', async (t) => {
  let answer: ServerResponse | undefined;
  const sink = await Sink.start((_request, response, index) => {
    if (index > 0) response.end();
    else answer = response;
  });
  t.teardown(() => sink.close());
  const all = { receivers: ['a', 'b'], exporter: { endpoint: sink.url } };
  const { folder, run, reload } = await started(t, all);
  const app = new AppRun(t, join(folder, 'a'), 'shop');
  await app.tell('spans 10');
  await sink.arrived(1);
  await reload({ ...all, receivers: ['b'] });
  await reload(all);
  await app.tell('spans 10');
  answer?.end();
  await run.says(/mmap\/a is no longer in force and has ended/);
  await app.tell('flush');
  t.is(await run.stop(), 0, run.stderr);
  t.is(spansIn(sink), 20);
});

test('what an exporter had not taken when it left the configuration is counted as given up, and its counts stay', async (t) => {
  const down = await Sink.start((_request, response) => response.writeHead(503).end());
  const sink = await Sink.start();
  t.teardown(() => {
    down.close();
    sink.close();
  });
  const all = { receivers: ['a'], exporter: { endpoint: down.url } };
  const { folder, run, reload, value, readStats } = await started(t, all);
  const app = new AppRun(t, join(folder, 'a'), 'shop');
  await app.tell('spans 100');
  await down.arrived(1);
  const other = configuration(folder, { ...all, exporter: { endpoint: sink.url } }).replaceAll(
    '"otlphttp"',
    '"otlphttp/other"',
  );
  await reload(all, other);
  await run.says(/is no longer in the configuration: \d+ spans that it had not taken are not sent there/);
  await app.tell('spans 10');
  await app.tell('flush');
  const [accepted, failed, sent] = await Promise.all([
    value(ACCEPTED),
    value('exporter_send_failed_spans{exporter="otlphttp"}'),
    value('exporter_sent_spans{exporter="otlphttp/other"}'),
  ]);
  t.deepEqual([accepted, failed, sent], [110, 100, 10]);
  t.is(await run.stop(), 0, run.stderr);
  t.is(readStats().exporters.otlphttp.traces.failed, 100);
});
