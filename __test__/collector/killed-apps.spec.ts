// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Child } from '../support/child';
import { filesGone } from '../support/written-files';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { random } from './random';
import { Sink } from './sink';
import { Totals } from './totals';
import { totalsAndDifferences } from './totals-and-differences';

const SEED = Number(process.env.OTLP_MMAP_TEST_SEED ?? randomInt(2 ** 31));
const APPS = 15;
/** Apps at work at once. */
const AT_ONCE = 2;

const app = join(__dirname, '..', 'process', 'apps', 'endless-counts.mjs');

/** Calls of each round of the app, by metric, and what each of them adds to what is exported of it. */
const METRICS = { counter: 1, bound: 2, histogram: 1 };

test('of apps that are killed with signal 9 while they count, what is exported is what had returned, or was under way', async (t) => {
  t.log(`OTLP_MMAP_TEST_SEED=${SEED}`);
  const draw = random(SEED);
  const sent = { totals: new Totals('cumulative', 'process.pid'), differences: new Totals('delta', 'process.pid') };
  const sink = await Sink.start(({ path, body }, response) => {
    sent[path.split('/')[1] as keyof typeof sent].take(body);
    response.end();
  });
  t.teardown(() => sink.close());
  const directory = temporaryFolder(t);
  const config = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(config, totalsAndDifferences(directory, temporaryFolder(t), sink.url, { interval: '30ms' }));
  const collector = new CommandRun(t, ['--config', config]);
  /** Rounds that a process said were over, by its id. */
  const rounds = new Map<number, number>();
  const runOne = async () => {
    const child = new Child([app, directory]);
    const enough = 200 + draw() ** 2 * 20_000;
    await child.printed((out) => out.length > enough);
    child.process.kill('SIGKILL');
    await child.ended;
    rounds.set(child.process.pid!, child.lines().length);
  };
  let left = APPS;
  const runSome = async () => {
    while (left-- > 0) await runOne();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runSome));
  await filesGone(directory);
  t.is(await collector.stop(), 0, collector.stderr);

  for (const [to, { faults, series }] of Object.entries(sent)) {
    t.deepEqual(faults, [], to);
    for (const [pid, all] of rounds) {
      for (const [name, each] of Object.entries(METRICS)) {
        const mine = [...series].filter(([key]) => key.startsWith(`${pid} ${name}{`));
        const sum = mine.flatMap(([, { values }]) => values).reduce((one, other) => one + other, 0);
        const returned = 100 * each * all;
        t.true(sum >= returned && sum <= returned + 200 * each, `${to}: ${sum} of ${name} after ${all} rounds`);
      }
    }
  }
  for (const [key, { values }] of sent.totals.series)
    t.deepEqual(sent.differences.series.get(key)?.values, values, key);
});
