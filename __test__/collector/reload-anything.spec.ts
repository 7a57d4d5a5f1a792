// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { Ledger } from './ledger';
import { random } from './random';
import { Sink } from './sink';

// SIGHUP with whatever can be changed of receivers, pipelines, processors, exporters and telemetry, while apps record.

const SEED = Number(process.env.OTLP_MMAP_TEST_SEED ?? randomInt(2 ** 31));
const RELOADS = 25;
const NAMES = ['x', 'y'] as const;

interface Places {
  folder: string;
  urls: Record<(typeof NAMES)[number], string>;
  storage: unknown;
}

/** Both receivers when `draw` draws nothing but 0. */
function configuration({ folder, urls, storage }: Places, draw: () => number): string {
  const pick = <T>(...list: readonly T[]): T => list[Math.floor(draw() * list.length)];
  const receivers = pick(['mmap/a', 'mmap/b'], ['mmap/a'], ['mmap/b']);
  const size = pick(8192, 1, 10, 0);
  const exporter = (url: string) => ({
    endpoint: url,
    compression: pick('none', 'gzip'),
    sending_queue: pick(
      {},
      { num_consumers: 1, queue_size: 1 },
      { enabled: false },
      { sizer: 'items', queue_size: 30 },
    ),
    retry_on_failure: { initial_interval: '5ms', max_interval: '20ms', max_elapsed_time: '0s' },
  });
  const processors = pick(['batch'], ['memory_limiter', 'batch'], [], ['memory_limiter'], ['resource', 'batch']);
  return JSON.stringify({
    receivers: Object.fromEntries(receivers.map((id) => [id, { include: [join(folder, id.slice(5))] }])),
    processors: {
      batch: {
        send_batch_size: size,
        send_batch_max_size: pick(0, Math.max(size, 7)),
        timeout: pick('1ms', '20ms', '1h', '0s'),
      },
      memory_limiter: { check_interval: pick('10ms', '1s'), limit_mib: 4000 },
      resource: { attributes: [{ key: 'added', value: 'x', action: 'upsert' }] },
    },
    exporters: {
      'otlphttp/x': exporter(`${urls.x}/x`),
      'otlphttp/y': exporter(`${urls.y}/y`),
      file: { path: join(folder, pick('one.jsonl', 'two.jsonl')) },
    },
    extensions: { health_check: { endpoint: '127.0.0.1:0' } },
    service: {
      storage,
      extensions: pick([], ['health_check']),
      telemetry: {
        metrics: {
          level: pick('normal', 'detailed'),
          readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: 0 } } } }],
        },
      },
      pipelines: {
        traces: { receivers, processors, exporters: pick(['otlphttp/x'], ['otlphttp/x', 'file']) },
        'traces/other': { receivers, processors: pick(['batch'], processors), exporters: ['otlphttp/y'] },
      },
    },
  });
}

/** Counters of a scrape by their series. */
const countersIn = (text: string) =>
  new Map(
    [...text.matchAll(/^(otelcol_(?:receiver_accepted|exporter_(?:sent|send_failed))_spans\{.*\}) (\S+)$/gm)].map(
      ([, series, value]) => [series, Number(value)],
    ),
  );

for (const storage of ['without a journal', 'with a journal']) {
  test(`whatever a reload changes, each destination gets each span once, and no counter steps back, ${storage}`, async (t) => {
    t.log(`OTLP_MMAP_TEST_SEED=${SEED}`);
    const draw = random(SEED);
    const ledgers = { x: new Ledger(), y: new Ledger() };
    // Busy now and then: what was not taken comes again.
    const isBusy = random(SEED + 1);
    const sink = await Sink.start(({ path, body, headers }, response) => {
      if (isBusy() < 0.1) {
        response.writeHead(503).end();
        return;
      }
      const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      ledgers[path[1] as 'x' | 'y'].take('traces', plain, 1);
      response.end();
    });
    t.teardown(() => sink.close());
    const folder = temporaryFolder(t);
    const path = join(folder, 'config.yaml');
    const kept = storage === 'with a journal' ? { directory: temporaryFolder(t) } : 'none';
    const places = { folder, urls: { x: sink.url, y: sink.url }, storage: kept };
    const write = (draws: () => number) => writeFileSync(path, configuration(places, draws));
    write(() => 0);
    const run = new CommandRun(t, ['--config', path]);
    t.timeout(90_000);
    const apps = ['a', 'b'].map((name) => new AppRun(t, join(folder, name), name));
    await run.says(/\breads .*; exports to /);
    let recorded = 0;
    const record = () =>
      Promise.all(
        apps.map((app) => {
          const count = 1 + Math.floor(draw() * 40);
          recorded += count;
          return app.tell(`spans ${count}`);
        }),
      );
    let counted = new Map<string, number>();
    for (let reload = 0; reload < RELOADS; reload++) {
      await record();
      write(draw);
      await Promise.all([run.reload(), draw() < 0.5 ? record() : undefined]);
      const url = await run.urlOf('service.telemetry');
      const found = countersIn(await (await fetch(url, { headers: { connection: 'close' } })).text());
      for (const [series, value] of counted)
        t.true((found.get(series) ?? 0) >= value, `${series} stepped back from ${value} to ${found.get(series)}`);
      counted = found;
    }
    write(() => 0);
    await run.reload();
    await record();
    for (const app of apps) await app.tell('flush');
    t.is(await run.stop(), 0, run.stderr);
    for (const name of NAMES) {
      t.is(ledgers[name].spans.entries.size, recorded, name);
      t.is(ledgers[name].spans.repeated, 0, name);
      t.deepEqual(ledgers[name].faults, []);
    }
  });
}
