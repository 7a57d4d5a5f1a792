// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Child, packageRoot, runNode } from '../support/child';
import { installPackage } from '../support/installed-package';
import type { FlatMetric } from '../support/metric-json';
import { filesIn, metricsIn, withDirectory } from '../support/written-files';

const apps = join(__dirname, 'apps');

interface HistogramValue {
  count: number;
  sum: number;
  counts: number[];
}

function pointsOf(metrics: FlatMetric[], name: string): FlatMetric['points'] {
  return metrics.filter((metric) => metric.name === name).flatMap(({ points }) => points);
}

/** The sum over all series of a counter. */
function total(metrics: FlatMetric[], name: string): number {
  return pointsOf(metrics, name).reduce((sum, { value }) => sum + (value as { double: number }).double, 0);
}

function histograms(metrics: FlatMetric[], name: string): HistogramValue[] {
  return pointsOf(metrics, name).map(({ value }) => value as HistogramValue);
}

interface ExponentialValue {
  count: number;
  sum: number;
  scale: number;
  zeroCount: number;
  positive: { offset: number; counts: number[] };
}

/** Counts of the exponential histograms in all; each one's sum has to be one that values in its buckets can have. */
function checkedCount(t: ExecutionContext, metrics: FlatMetric[]): number {
  let total = 0;
  for (const { value } of pointsOf(metrics, 'exponential')) {
    const { count, sum, scale, zeroCount, positive } = value as ExponentialValue;
    const { offset = 0, counts } = positive;
    const end = (index: number) => 2 ** (index * 2 ** -scale);
    const least = add(counts.map((each, at) => each * end(offset + at)));
    const most = add(counts.map((each, at) => each * end(offset + at + 1)));
    t.is(count, zeroCount + add(counts));
    t.true(sum >= least * (1 - 1e-9) && sum <= most * (1 + 1e-9), `${least} ${sum} ${most} at scale ${scale}`);
    total += count;
  }
  return total;
}

const add = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

for (let round = 0; round < 12; round++) {
  test(`what_was_counted_when_a_call_returned_survives_kill_9_round_${round}`, (t) =>
    withDirectory(async (directory) => {
      const child = new Child([join(apps, 'endless-counts.mjs'), directory]);
      const enough = Math.random() ** 2 * 40_000;
      await child.printed((out) => out.includes('round 1\n') && out.length > enough);
      child.process.kill('SIGKILL');
      t.is((await child.ended).signal, 'SIGKILL');
      const rounds = child.lines().length;
      const metrics = metricsIn(directory);
      for (const [name, each] of [
        ['counter', 1],
        ['bound', 2],
      ] as const) {
        const sum = total(metrics, name);
        t.true(sum >= 100 * each * rounds, `${name}: ${sum} of ${rounds} rounds`);
        t.true(sum <= 100 * each * (rounds + 2), `${name}: ${sum} of ${rounds} rounds`);
      }
      const found = histograms(metrics, 'histogram');
      t.true(add(found.map(({ count }) => count)) >= 100 * rounds);
      t.true(add(found.map(({ count }) => count)) <= 100 * (rounds + 2));
      for (const { count, counts } of found) t.is(count, add(counts));
      const exponentials = checkedCount(t, metrics);
      t.true(exponentials >= 100 * rounds && exponentials <= 100 * (rounds + 2), `${exponentials} of ${rounds} rounds`);
    }));
}

test('sums_of_all_threads_add_up_those_of_ended_ones_included', (t) =>
  withDirectory(async (directory) => {
    const { code, stdout, stderr } = await runNode([join(apps, 'worker-counts.mjs'), directory]);
    t.is(code, 0, stderr);
    const times = Number(stdout);
    const metrics = metricsIn(directory);
    t.deepEqual(
      pointsOf(metrics, 'counter').map(({ value }) => value),
      Array.from({ length: 10 }, () => ({ double: 100 * times })),
    );
    for (const { count, counts } of histograms(metrics, 'histogram')) {
      t.is(count, 100 * times);
      t.is(count, add(counts));
    }
    const sums = add(histograms(metrics, 'histogram').map(({ sum }) => sum));
    t.is(sums, 2_000 * times);
  }));

test('workers_terminated_in_mid_count_lose_nothing_that_returned_and_tear_no_histogram', (t) =>
  withDirectory(async (directory) => {
    const { code, stdout, stderr } = await runNode([join(apps, 'terminated-counts.mjs'), directory]);
    t.is(code, 0, stderr);
    const [called, returned] = stdout.split(' ').map(Number);
    const metrics = metricsIn(directory);
    const isBetween = (sum: number, what: string) =>
      t.true(sum >= returned && sum <= called, `${what}: ${sum} of ${stdout}`);
    isBetween(total(metrics, 'counter'), 'counter');
    isBetween(total(metrics, 'bound'), 'bound');
    const found = histograms(metrics, 'histogram');
    isBetween(add(found.map(({ count }) => count)), 'histogram');
    for (const { count, counts, sum } of found) {
      t.is(count, add(counts));
      // of values up to 4, of which those above 3 have a bucket of their own
      t.true(sum >= counts[1] + 2 * counts[2] && sum <= add(counts.map((each, at) => each * (at + 1))));
    }
    isBetween(checkedCount(t, metrics), 'exponential');
    t.true(pointsOf(metrics, 'exponential').length > 100);
  }));

test('a_cluster_whose_workers_are_killed_adds_up_to_what_returned_or_was_under_way', (t) =>
  withDirectory(async (directory) => {
    const child = new Child([join(apps, 'cluster-endless.mjs'), directory]);
    t.is((await child.ended).code, 0);
    const rounds = new Map<string, number>();
    for (const [pid, , round] of child.lines().map((line) => line.split(' '))) rounds.set(pid, Number(round));
    const returned = 100 * add([...rounds.values()]);
    const called = returned + 200 * rounds.size;
    const metrics = metricsIn(directory);
    t.is(filesIn(directory).length, rounds.size);
    const counts = histograms(metrics, 'histogram');
    for (const sum of [total(metrics, 'counter'), add(counts.map(({ count }) => count))]) {
      t.true(sum >= returned && sum <= called, `${sum} of ${returned} to ${called}`);
    }
    for (const each of counts) t.is(each.count, add(each.counts));
  }));

for (const end of ['none', 'shutdown']) {
  test(`what_was_observed_last_is_there_after_a_process_came_to_its_own_end_with_${end}`, (t) =>
    withDirectory(async (directory) => {
      const { code, stderr } = await runNode([join(apps, 'last-observations.mjs'), directory, 'observes', end]);
      t.is(code, 0, stderr);
      const metrics = metricsIn(directory);
      t.deepEqual(
        pointsOf(metrics, 'main').map(({ value }) => value),
        [{ double: 7 }],
      );
      t.deepEqual(
        pointsOf(metrics, 'worker'),
        [],
        'what an ended thread of a living process observed is not true any more',
      );
    }));
}

test('who_awaits_a_collection_gets_its_end_though_a_callback_hangs_and_nothing_else_keeps_the_process', (t) =>
  withDirectory(async (directory) => {
    const { code, stdout, stderr } = await runNode([
      join(apps, 'last-observations.mjs'),
      directory,
      'hangs',
      'shutdown',
    ]);
    t.is(code, 0, stderr);
    t.is(stdout, 'collected\n');
  }));

test('the_processes_of_a_cluster_add_up', (t) =>
  withDirectory(async (directory) => {
    const { code, stderr } = await runNode([join(apps, 'cluster-counts.mjs'), directory]);
    t.is(code, 0, stderr);
    t.is(filesIn(directory).length, 3);
    t.is(total(metricsIn(directory), 'counter'), 300);
  }));

test('copies_of_the_package_count_into_one_series', (t) =>
  withDirectory((root) =>
    withDirectory(async (directory) => {
      mkdirSync(join(root, 'node_modules'));
      symlinkSync(join(packageRoot, 'node_modules', '@opentelemetry'), join(root, 'node_modules', '@opentelemetry'));
      const copies = [installPackage(join(root, 'node_modules')), installPackage(join(root, 'lib', 'node_modules'))];
      const { code, stderr } = await runNode([join(apps, 'metric-copies.cjs'), directory, ...copies]);
      t.is(code, 0, stderr);
      t.is(filesIn(directory).length, 1);
      t.deepEqual(
        pointsOf(metricsIn(directory), 'counter').map(({ value }) => value),
        [{ double: 16 }],
      );
    }),
  ));
