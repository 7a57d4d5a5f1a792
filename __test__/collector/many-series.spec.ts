// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Field, readFields } from '../support/protobuf-fields';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { Sink } from './sink';
import { totalsAndDifferences } from './totals-and-differences';

/** Distinct attribute sets; 10,000,000 of them take some minutes and 4 GB of memory. */
const SERIES = Number(process.env.OTLP_MMAP_TEST_SERIES ?? 200_000);

/** The delimited fields of a number, from the outermost message inwards. */
function* within(message: Uint8Array, number: number, ...inner: number[]): Generator<Uint8Array> {
  for (const field of readFields(message)) {
    if (field.number !== number) continue;
    if (inner.length === 0) yield field.value as Uint8Array;
    else yield* within(field.value as Uint8Array, inner[0], ...inner.slice(1));
  }
}

const fieldOf = (message: Uint8Array, number: number): Field | undefined =>
  readFields(message).find((field) => field.number === number);

/** What a destination was sent, by the attribute `item` of each point. */
class Points {
  /** In all. */
  count = 0;
  readonly sums = new Float64Array(SERIES);
  readonly counts = new Uint8Array(SERIES);

  take(request: Uint8Array): void {
    // ResourceMetrics, ScopeMetrics, Metric, Sum, NumberDataPoint
    for (const point of within(request, 1, 2, 2, 7, 1)) {
      const item = this.#itemOf(point);
      this.sums[item] += numberOf(point);
      this.counts[item]++;
      this.count++;
    }
  }

  #itemOf(point: Uint8Array): number {
    for (const attribute of within(point, 7)) {
      const key = fieldOf(attribute, 1)?.value as Uint8Array;
      if (Buffer.from(key).toString() !== 'item') continue;
      const value = fieldOf(attribute, 2)?.value as Uint8Array;
      return Number(fieldOf(value, 3)?.value ?? 0n);
    }
    throw new Error('a point without the attribute item');
  }
}

function numberOf(point: Uint8Array): number {
  const bits = fieldOf(point, 4)?.value ?? fieldOf(point, 6)?.value;
  if (fieldOf(point, 6) !== undefined) return Number(BigInt.asIntN(64, bits as bigint));
  return new Float64Array(BigUint64Array.of(bits as bigint).buffer)[0];
}

test('sums of very many attribute sets, of two threads, arrive exactly: each set once, with its total and with its differences', async (t) => {
  const events = new EventEmitter();
  const destinations = { totals: new Points(), differences: new Points() };
  const sink = await Sink.start(({ path, body }, response) => {
    sink.requests.length = 0;
    destinations[path.split('/')[1] as keyof typeof destinations].take(body);
    response.end();
    events.emit('taken');
  });
  t.teardown(() => sink.close());
  const directory = temporaryFolder(t);
  const config = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(config, totalsAndDifferences(directory, temporaryFolder(t), sink.url, { interval: '1h', batch: true }));
  const run = new CommandRun(t, ['--config', config]);
  const app = new AppRun(t, directory, 'shop', 'many-series.cjs', { SERIES: String(SERIES) });
  t.timeout(60_000 + SERIES / 10);
  const { totals, differences } = destinations;
  /** A flush that takes too long for the app is one that goes on here. */
  const flush = async (points: number) => {
    await app.tell('flush');
    while (totals.count + differences.count < points) await once(events, 'taken');
  };

  await app.tell('add 1');
  await flush(2 * SERIES);
  t.is(totals.count, SERIES, 'series');
  t.is(differences.count, SERIES);
  for (let item = 0; item < SERIES; item++) {
    const sum = 2 * (1 + (item % 5));
    if (totals.sums[item] !== sum || differences.sums[item] !== sum || totals.counts[item] !== 1) {
      t.fail(`item ${item}: ${totals.sums[item]} and ${differences.sums[item]} in place of ${sum}`);
    }
  }

  // Only what was added to since has a difference.
  await app.tell('add 3');
  await flush(3 * SERIES + Math.ceil(SERIES / 3));
  t.is(totals.count, 2 * SERIES);
  t.is(differences.count, SERIES + Math.ceil(SERIES / 3));
  for (let item = 0; item < SERIES; item++) {
    const first = 2 * (1 + (item % 5));
    const sum = item % 3 === 0 ? 2 * first : first;
    // Of totals the first and the second.
    if (totals.sums[item] !== first + sum || differences.sums[item] !== sum || totals.counts[item] !== 2) {
      t.fail(`item ${item}: ${totals.sums[item] - first} and ${differences.sums[item]} in place of ${sum}`);
    }
  }
  await app.kill('SIGTERM');
  t.is(await run.stop(), 0, run.stderr);
});
