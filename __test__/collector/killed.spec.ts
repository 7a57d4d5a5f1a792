// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Signal } from '../../ts/collector/batch';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { Ledger } from './ledger';
import { random } from './random';
import { Sink } from './sink';

/** Milliseconds for which collectors are killed, in each of the two tests: about a minute together. */
const TIME = Number(process.env.OTLP_MMAP_TEST_KILLING ?? 25_000);
const SEED = Number(process.env.OTLP_MMAP_TEST_SEED ?? randomInt(2 ** 31));

/** What the app makes at a time, and how much of it may be on its way: the log ring has 512 slots. */
const PORTION = 40;
const ON_ITS_WAY = 400;

const PRELOAD = join(__dirname, 'apps', 'fails-at.cjs');

const configuration = (directory: string, state: string, url: string) => `
receivers: { mmap: { include: [${directory}], collection_interval: 100ms } }
processors:
  batch: { timeout: 20ms }
  temporality: { preference: delta }
exporters:
  otlphttp: { endpoint: "${url}/\${env:LIFE}", compression: none }
service:
  storage: { directory: ${state}, max_size: 1MiB }
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [mmap], processors: [batch], exporters: [otlphttp] }
    logs: { receivers: [mmap], processors: [batch], exporters: [otlphttp] }
    metrics/gains: { receivers: [mmap], processors: [temporality, batch], exporters: [otlphttp] }
    metrics/totals: { receivers: [mmap], processors: [batch], exporters: [otlphttp] }
`;

/** One app, one destination, and collectors between them of which each but the last is killed. */
class Line {
  readonly ledger = new Ledger();
  made = 0;
  lives = 0;
  /** Beside those that are numbered: one that is open all the time, and one for each portion. */
  #longSpans = 1;
  readonly #t: ExecutionContext;
  readonly #sink: Sink;
  readonly #app: AppRun;
  readonly #config: string;

  private constructor(t: ExecutionContext, sink: Sink) {
    const directory = temporaryFolder(t);
    this.#t = t;
    this.#sink = sink;
    this.#app = new AppRun(t, directory, 'shop', 'all-signals.cjs');
    this.#config = join(temporaryFolder(t), 'config.yaml');
    writeFileSync(this.#config, configuration(directory, temporaryFolder(t), sink.url));
  }

  static async begin(t: ExecutionContext): Promise<Line> {
    const line: Line = new Line(
      t,
      await Sink.start(({ path, body }, response) => {
        const [, life, , signal] = path.split('/');
        line.ledger.take(signal as Signal, body, Number(life));
        response.end();
      }),
    );
    t.teardown(() => {
      if (!t.passed) t.log(line.account);
      line.#sink.close();
    });
    return line;
  }

  collector(settings: NodeJS.ProcessEnv = {}): CommandRun {
    this.lives++;
    return new CommandRun(this.#t, ['--config', this.#config], { LIFE: String(this.lives), ...settings });
  }

  /** Keeps the app at work until the collector is dead. */
  async workUntilKilled(collector: CommandRun): Promise<void> {
    let dead = false;
    const end = collector.ended().then(() => {
      dead = true;
    });
    while (!dead) {
      if (this.made - this.ledger.logs.entries.size + PORTION <= ON_ITS_WAY) await this.work();
      else await Promise.race([this.#sink.arrived(this.#sink.requests.length + 1), end]);
    }
  }

  async work(): Promise<void> {
    await this.#app.tell(`work ${PORTION}`);
    this.made += PORTION;
    this.#longSpans++;
  }

  /** The last collector lives: everything arrives, and its successor has nothing left to send. */
  async end(): Promise<void> {
    const t = this.#t;
    const last = this.collector();
    await this.#app.tell('end');
    const sum = Array.from({ length: this.made }, (_, index) => 1 + (index % 3)).reduce((a, b) => a + b, 0);
    const { spans, logs } = this.ledger;
    for (let requests = this.#sink.requests.length; ; requests++) {
      const { gains, totals } = this.ledger.sums;
      const isThere = spans.entries.size >= this.made + this.#longSpans && logs.entries.size >= this.made;
      if (isThere && gains >= sum && totals >= sum) break;
      await this.#sink.arrived(requests + 1);
    }
    t.is(await last.stop(), 0, last.stderr);
    const repeated = [spans.repeated, logs.repeated, this.ledger.gains.repeated];
    const successor = this.collector();
    t.is(await successor.stop(), 0, successor.stderr);
    t.deepEqual([spans.repeated, logs.repeated, this.ledger.gains.repeated], repeated, 'an orderly end leaves nothing');
    t.is(spans.entries.size, this.made + this.#longSpans, 'spans');
    t.is(logs.entries.size, this.made, 'log records');
    t.deepEqual(this.ledger.sums, { gains: sum, totals: sum });
    t.deepEqual(this.ledger.faults, [], 'what comes twice is the same, and comes from another collector');
    t.deepEqual(this.ledger.overlaps, []);
    t.false([...spans.entries.values()].some(({ text }) => text.includes('otlp_mmap.incomplete')));
    // In flight is at most what was on its way when a collector died.
    t.true(logs.repeated <= this.lives * ON_ITS_WAY, `${logs.repeated} log records came twice`);
    t.log(this.account);
  }

  get account(): string {
    const { spans, logs, gains, sums } = this.ledger;
    return (
      `${this.lives} collectors. Made: ${this.made + this.#longSpans} spans, ${this.made} log records. Arrived: ` +
      `${spans.entries.size} spans, ${logs.entries.size} log records, ${gains.entries.size} gains (${sums.gains} in all, ` +
      `totals ${sums.totals}). Twice: ${spans.repeated}, ${logs.repeated}, ${gains.repeated}.`
    );
  }
}

test.serial('killed at every place of its journal under load, collectors deliver everything', async (t) => {
  const line = await Line.begin(t);
  const met = new Set<string>();
  const names = loadBinding().journalFailPoints();
  const end = Date.now() + TIME;
  for (let round = 0; round === 0 || Date.now() < end; round++) {
    for (const name of names) {
      if (round > 0 && Date.now() >= end) break;
      // Later rounds meet each place in the course of another transaction.
      const settings = { NODE_OPTIONS: `--require ${PRELOAD}`, FAILS_AT: `${name},${Math.min(round * round, 6)},kill` };
      const collector = line.collector(settings);
      await line.workUntilKilled(collector);
      t.regex(collector.stderr, new RegExp(`killed at the fail point ${name}`));
      met.add(name);
    }
  }
  t.deepEqual([...met], names);
  await line.end();
});

test.serial('killed at any moment under load, collectors deliver everything', async (t) => {
  t.log(`OTLP_MMAP_TEST_SEED=${SEED}`);
  const next = random(SEED);
  const line = await Line.begin(t);
  const end = Date.now() + TIME;
  do {
    const collector = line.collector();
    const isAlive = next() < 0.8;
    // Most die at work, some while they start.
    if (isAlive) await collector.says(/ reads /);
    setTimeout(() => collector.child.kill('SIGKILL'), next() * (isAlive ? 500 : 300));
    await line.workUntilKilled(collector);
    t.pass();
  } while (Date.now() < end);
  await line.end();
});
