// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { metricsIn } from '../support/written-files';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { random } from './random';
import { Sink } from './sink';
import { Totals } from './totals';
import { totalsAndDifferences } from './totals-and-differences';

/** Milliseconds for which customers come and go. A series ends some ten seconds after its last measurement was collected, at the earliest. */
const TIME = Number(process.env.OTLP_MMAP_TEST_KILLING ?? 20_000);
const SEED = Number(process.env.OTLP_MMAP_TEST_SEED ?? randomInt(2 ** 31));
/** Those of one hundred measurements, as the app has it. */
const CUSTOMERS = 40;

test('series that end when they are idle, and whose cells serve others, lose and double nothing, though collectors are killed', async (t) => {
  t.log(`OTLP_MMAP_TEST_SEED=${SEED}`);
  const draw = random(SEED);
  const totals = { totals: new Totals(), differences: new Totals() };
  const sink = await Sink.start(({ path, body }, response) => {
    totals[path.split('/')[1] as keyof typeof totals].take(body);
    response.end();
  });
  t.teardown(() => sink.close());
  const directory = temporaryFolder(t);
  const config = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(config, totalsAndDifferences(directory, temporaryFolder(t), sink.url, { interval: '50ms' }));
  const app = new AppRun(t, directory, 'shop', 'comes-and-goes.cjs');
  let made = 0;
  let most = 0;
  let collectors = 0;
  const until = Date.now() + TIME;
  let collector = new CommandRun(t, ['--config', config]);
  t.timeout(TIME + 45_000);
  while (Date.now() < until) {
    const requests = sink.requests.length;
    await app.tell('count 500');
    made += 500;
    await sink.arrived(requests + 1);
    if (draw() < 0.01) {
      collectors++;
      collector.child.kill('SIGKILL');
      await collector.ended();
      collector = new CommandRun(t, ['--config', config]);
    }
    if (draw() < 0.1)
      most = Math.max(most, metricsIn(directory).find(({ name }) => name === 'counted')?.points.length ?? 0);
  }
  await app.tell('flush');
  await app.kill('SIGKILL');
  t.is(await collector.stop(), 0, collector.stderr);

  const expected = new Map<string, { counted: number; measured: number }>();
  for (let k = 0; k < made; k++) {
    const customer = `customer=customer ${Math.floor(k / 100) + (k % CUSTOMERS)}`;
    const each = expected.get(customer) ?? { counted: 0, measured: 0 };
    each.counted += 1 + (k % 3);
    each.measured++;
    expected.set(customer, each);
  }
  for (const [to, sent] of Object.entries(totals)) {
    t.deepEqual(sent.faults, [], to);
    for (const [customer, each] of expected) {
      for (const name of ['counted', 'measured'] as const) {
        const values = sent.series.get(`${name}{${customer}}`)?.values ?? [];
        const sum = values.reduce((all, value) => all + value, 0);
        if (sum !== each[name]) t.fail(`${to}: ${name} of ${customer}: ${values} in place of ${each[name]}`);
      }
    }
    t.is(sent.series.size, 2 * expected.size, 'nothing else came');
  }
  const repeated = [...totals.differences.series.values()].reduce((sum, series) => sum + series.repeated, 0);
  t.log(`${made} measurements of ${expected.size} customers, ${most} at a time; ${collectors} collectors killed`);
  t.log(`${repeated} differences came twice, as they were`);
  t.true(most < (4 * expected.size) / 5, 'series ended meanwhile');
});
