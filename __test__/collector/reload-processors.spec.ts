// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CommandRun } from './command';
import { CountingApp } from './counting-app';
import { temporaryFolder } from './fixtures';
import { random } from './random';
import { Sink } from './sink';
import { Totals } from './totals';

// What a pipeline filters, and which temporality it has, is changed by SIGHUP again and again, while an app counts on.

const SEED = Number(process.env.OTLP_MMAP_TEST_SEED ?? randomInt(2 ** 31));
const RELOADS = 20;

interface Rules {
  filter: object;
  preference: 'cumulative' | 'delta' | 'lowmemory';
}

const ALL: Rules['filter'] = { metrics: { exclude: { match_type: 'strict', metric_names: ['none such'] } } };

function rulesOf(draw: () => number): Rules {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)];
  const topic = { key: 'topic', value: `topic ${pick([1, 3, 5])}` };
  const filters = [
    ALL,
    { metrics: { include: { match_type: 'regexp', metric_names: ['^count'] } } },
    { metrics: { exclude: { match_type: 'strict', metric_names: ['measured'] } } },
    { metrics: { exclude: { match_type: 'strict', attributes: [topic] } } },
    { metrics: { include: { match_type: 'strict', attributes: [topic] } } },
    { metrics: { include: { match_type: 'strict', services: ['another'] } } },
  ];
  return { filter: pick(filters), preference: pick(['cumulative', 'delta', 'lowmemory']) };
}

function configuration(directory: string, url: string, storage: unknown, { filter, preference }: Rules): string {
  const plain = (path: string) => ({ endpoint: `${url}/${path}`, compression: 'none' });
  return JSON.stringify({
    receivers: { mmap: { include: [directory], collection_interval: '20ms' } },
    processors: { filter, temporality: { preference } },
    exporters: { 'otlphttp/filtered': plain('filtered'), 'otlphttp/turned': plain('turned') },
    service: {
      storage,
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        'metrics/filtered': { receivers: ['mmap'], processors: ['filter'], exporters: ['otlphttp/filtered'] },
        'metrics/turned': { receivers: ['mmap'], processors: ['temporality'], exporters: ['otlphttp/turned'] },
      },
    },
  });
}

for (const storage of ['without a journal', 'with a journal']) {
  test(`whatever is filtered and however often temporality turns, no total steps back and all differences add up, ${storage}`, async (t) => {
    t.log(`OTLP_MMAP_TEST_SEED=${SEED}`);
    const draw = random(SEED);
    const sent = { filtered: new Totals(), totals: new Totals('cumulative'), differences: new Totals('delta') };
    const sink = await Sink.start(({ path, body }, response) => {
      if (path.startsWith('/filtered')) sent.filtered.take(body);
      else {
        sent.totals.take(body);
        sent.differences.take(body);
      }
      response.end();
    });
    t.teardown(() => sink.close());
    const directory = temporaryFolder(t);
    const path = join(temporaryFolder(t), 'config.yaml');
    const kept = storage === 'with a journal' ? { directory: temporaryFolder(t) } : 'none';
    const write = (rules: Rules) => writeFileSync(path, configuration(directory, sink.url, kept, rules));
    write(rulesOf(draw));
    const app = await CountingApp.start(t, directory);
    const run = new CommandRun(t, ['--config', path]);
    await run.says(/\breads .*; exports to /);

    app.countOn();
    for (let reload = 0; reload < RELOADS; reload++) {
      const requests = sink.requests.length;
      write(rulesOf(draw));
      await run.reload();
      if (draw() < 0.8) await sink.arrived(requests + 1 + Math.floor(draw() * 6));
    }
    const amounts = await app.stop();
    for (const preference of ['cumulative', 'delta'] as const) {
      write({ filter: ALL, preference });
      await run.reload();
      await app.flush();
    }
    t.is(await run.stop(), 0, run.stderr);

    for (const [name, { faults }] of Object.entries(sent)) t.deepEqual(faults, [], name);
    for (const [topic, amount] of amounts.entries()) {
      for (const name of ['counted', 'measured'] as const) {
        const valuesOf = ({ series }: Totals) => series.get(`${name}{topic=topic ${topic}}`)?.values;
        t.deepEqual(valuesOf(sent.filtered), [amount[name]], 'filtered');
        t.deepEqual(valuesOf(sent.totals), [amount[name]], 'totals');
        t.deepEqual(valuesOf(sent.differences), [amount[name]], 'differences');
      }
    }
  });
}
