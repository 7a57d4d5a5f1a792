// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CommandRun } from './command';
import { CountingApp, TOPICS } from './counting-app';
import { temporaryFolder } from './fixtures';
import { random } from './random';
import { Sink } from './sink';
import { Totals } from './totals';

// Rules of groups are changed by SIGHUP again and again, while an app counts on and a scraper reads.

const SEED = Number(process.env.OTLP_MMAP_TEST_SEED ?? randomInt(2 ** 31));
const RELOADS = 25;

/** Rules by which every topic belongs to a group, whichever it is. */
function rulesOf(draw: () => number): object {
  const names = ['core', 'audit', 'rest'];
  const nameOf = () => names[Math.floor(draw() * names.length)];
  const rules = Array.from({ length: TOPICS }, (_, topic) => ({ exact: `topic ${topic}`, group: nameOf() }));
  return {
    attribute: 'topic',
    group_attribute: 'group',
    rules: rules.filter(() => draw() < 0.7),
    default_group: 'rest',
    // Metrics that are left out for a while are made up for.
    ...(draw() < 0.2 && { essential_metrics: [{ exact: 'measured' }] }),
  };
}

function configuration(directory: string, url: string, storage: unknown, group: object): string {
  const plain = (path: string) => ({ endpoint: `${url}/${path}`, compression: 'none' });
  return JSON.stringify({
    receivers: { mmap: { include: [directory], collection_interval: '20ms' } },
    processors: { group, temporality: { preference: 'delta' } },
    exporters: {
      'otlphttp/each': plain('each'),
      'otlphttp/groups': plain('groups'),
      'otlphttp/differences': plain('differences'),
      prometheus: { endpoint: '127.0.0.1:0', include: [directory] },
    },
    service: {
      storage,
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        metrics: { receivers: ['mmap'], exporters: ['otlphttp/each', 'prometheus'] },
        'metrics/groups': { receivers: ['mmap'], processors: ['group'], exporters: ['otlphttp/groups'] },
        'metrics/differences': {
          receivers: ['mmap'],
          processors: ['temporality', 'group'],
          exporters: ['otlphttp/differences'],
        },
      },
    },
  });
}

/** Values of the counter of a scrape, by its labels. */
const countersIn = (text: string) =>
  new Map([...text.matchAll(/^counted_total(\{.*\}) (\S+)$/gm)].map(([, labels, value]) => [labels, Number(value)]));

async function destination(t: ExecutionContext) {
  const totals = { each: new Totals(), groups: new Totals(), differences: new Totals() };
  const sink = await Sink.start(({ path, body }, response) => {
    totals[path.split('/')[1] as keyof typeof totals].take(body);
    response.end();
  });
  t.teardown(() => sink.close());
  return { totals, sink };
}

for (const storage of ['without a journal', 'with a journal']) {
  test(`however often rules of groups change, no counter steps back, and none loses or doubles anything, ${storage}`, async (t) => {
    t.log(`OTLP_MMAP_TEST_SEED=${SEED}`);
    const draw = random(SEED);
    const { totals, sink } = await destination(t);
    const directory = temporaryFolder(t);
    const path = join(temporaryFolder(t), 'config.yaml');
    const kept = storage === 'with a journal' ? { directory: temporaryFolder(t) } : 'none';
    const write = (group: object) => writeFileSync(path, configuration(directory, sink.url, kept, group));
    write(rulesOf(draw));
    const app = await CountingApp.start(t, directory);
    const run = new CommandRun(t, ['--config', path]);
    const [, address] = await run.says(/prometheus on (\S+)/);

    const scraped = new Map<string, number>();
    const scrape = async () => {
      const found = countersIn(await (await fetch(`http://${address}`, { headers: { connection: 'close' } })).text());
      for (const [labels, value] of found) {
        t.true(value >= (scraped.get(labels) ?? 0), `${labels} stepped back to ${value} from ${scraped.get(labels)}`);
        scraped.set(labels, value);
      }
    };
    app.countOn();
    for (let reload = 0; reload < RELOADS; reload++) {
      const requests = sink.requests.length;
      write(rulesOf(draw));
      await run.reload();
      // Most rules are in force for a collection or two, some for none.
      if (draw() < 0.8) await sink.arrived(requests + 1 + Math.floor(draw() * 8));
      await scrape();
    }
    const amounts = await app.stop();
    // In the end no metric is left out.
    write({ ...rulesOf(draw), essential_metrics: undefined });
    await run.reload();
    await app.flush();
    const sumsOf = (sent: Totals) => ({ counted: sent.sumOf('counted'), measured: sent.sumOf('measured') });
    const merged = { groups: sumsOf(totals.groups), differences: sumsOf(totals.differences) };
    await scrape();
    write({ ...rulesOf(draw), essential_metrics: undefined, rules: [], detail: ['rest'] });
    await run.reload();
    await app.flush();
    t.is(await run.stop(), 0, run.stderr);

    const sum = (name: 'counted' | 'measured') => amounts.reduce((all, each) => all + each[name], 0);
    t.deepEqual(totals.each.faults, []);
    t.deepEqual(totals.groups.faults, []);
    t.deepEqual(totals.differences.faults, []);
    const all = { counted: sum('counted'), measured: sum('measured') };
    t.deepEqual(merged, { groups: all, differences: all });
    for (const [topic, amount] of amounts.entries()) {
      for (const name of ['counted', 'measured'] as const) {
        const valuesOf = (sent: Totals, attributes: string) => sent.series.get(`${name}{${attributes}}`)?.values;
        t.deepEqual(valuesOf(totals.each, `topic=topic ${topic}`), [amount[name]]);
        t.deepEqual(valuesOf(totals.groups, `group=rest,topic=topic ${topic}`), [amount[name]], 'in detail');
      }
    }
    t.deepEqual(
      [...scraped.values()].sort((a, b) => a - b),
      amounts.map(({ counted }) => counted).sort((a, b) => a - b),
      'scraped',
    );
    const begun = [...totals.groups.series.values()].reduce((all, { values }) => all + values.length, 0);
    t.log(`${all.measured} additions, ${begun} merged series in ${sink.requests.length} requests`);
    t.true(begun > RELOADS, 'rules changed what is merged');
  });
}
