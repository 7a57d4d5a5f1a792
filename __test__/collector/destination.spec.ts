// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import type { Batch } from '../../ts/collector/batch';
import type { Attempter, Outcome } from '../../ts/collector/exporters/attempt';
import { Backoff } from '../../ts/collector/exporters/backoff';
import { Destination } from '../../ts/collector/exporters/destination';
import { RETRY_FOREVER, type RetrySettings } from '../../ts/collector/exporters/retry';
import { PLAIN_QUEUE, type QueueSettings } from '../../ts/collector/exporters/sending-queue';
import { Logger } from '../../ts/collector/logger';
import { Intake } from '../../ts/collector/pipeline/intake';
import { batchOf } from './batches';

/** A destination whose attempts end when the test says so. */
class Scripted implements Attempter {
  readonly target = 'scripted';
  readonly concurrency = Number.POSITIVE_INFINITY;
  readonly attempts: { batch: Batch; end: (outcome: Outcome) => void }[] = [];

  send(batch: Batch): Promise<Outcome> {
    return new Promise((end) => this.attempts.push({ batch, end }));
  }

  async close(): Promise<void> {}
}

function scripted(queue: Partial<QueueSettings> = {}, retry: Partial<RetrySettings> = {}) {
  const exporter = new Scripted();
  const lines: string[] = [];
  const changes: boolean[] = [];
  const intake = new Intake((open) => changes.push(open));
  const settings = {
    sending_queue: { ...PLAIN_QUEUE, ...queue },
    retry_on_failure: { ...RETRY_FOREVER, initial_interval: 1, max_interval: 1, ...retry },
  };
  const context = { id: 'scripted', intake, logger: new Logger('debug', (line) => lines.push(line)) };
  const destination = new Destination(exporter, settings, context);
  return { exporter, destination, intake, changes, log: () => lines.join('') };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

test('as many batches as there are consumers are on their way at once', async (t) => {
  const { exporter, destination } = scripted({ num_consumers: 3 });
  for (let index = 0; index < 5; index++) void destination.deliver(batchOf('x'));
  t.is(exporter.attempts.length, 3);
  t.like(destination.stats(), { queueSize: 2, queueCapacity: 1000, inFlight: 3 });
  exporter.attempts[1].end({ kind: 'sent' });
  await turns();
  t.is(exporter.attempts.length, 4);
  t.like(destination.stats(), { queueSize: 1, inFlight: 3 });
});

test('a full queue holds the intake until it has room, takes what is on its way all the same, and drops nothing', async (t) => {
  const { exporter, destination, intake, changes } = scripted({ num_consumers: 1, queue_size: 2 });
  const delivered = Array.from({ length: 5 }, () => destination.deliver(batchOf('x')));
  t.false(intake.open);
  t.is(destination.pending.size, 5);
  while (exporter.attempts.length < 5 || destination.pending.size > 0) {
    exporter.attempts.at(-1)!.end({ kind: 'sent' });
    await turns();
  }
  t.deepEqual(await Promise.all(delivered), [true, true, true, true, true]);
  t.deepEqual(changes, [false, true]);
  t.deepEqual(destination.stats().enqueueFailed, {});
});

for (const [sizer, queue_size] of [
  ['requests', 2],
  ['items', 4],
  ['bytes', 6],
] as const) {
  test(`without block_on_overflow a queue of ${queue_size} ${sizer} gives up what it cannot take, counted and told`, async (t) => {
    const { exporter, destination, intake, log } = scripted({
      num_consumers: 1,
      queue_size,
      sizer,
      block_on_overflow: false,
    });
    const batch = () => batchOf('two', '');
    const results = Array.from({ length: 4 }, () => destination.deliver(batch()));
    t.false(await results[3]);
    t.deepEqual(destination.stats().enqueueFailed, { traces: 2 });
    t.regex(log(), /scripted: its queue is full, 2 spans are dropped; enlarge sending_queue\.queue_size/);
    t.true(intake.open);
    while (destination.pending.size > 0) {
      exporter.attempts.at(-1)!.end({ kind: 'sent' });
      await turns();
    }
    t.deepEqual(await Promise.all(results), [true, true, true, false]);
  });
}

test('a batch larger than the whole queue is sent when the queue is empty', async (t) => {
  const { exporter, destination } = scripted({
    num_consumers: 1,
    queue_size: 2,
    sizer: 'bytes',
    block_on_overflow: false,
  });
  const delivered = destination.deliver(batchOf('much more than two bytes'));
  exporter.attempts[0].end({ kind: 'sent' });
  t.true(await delivered);
});

test('without a queue one batch goes at a time, and the intake is held as soon as another one waits', async (t) => {
  const { exporter, destination, intake } = scripted({ enabled: false });
  void destination.deliver(batchOf('one'));
  t.true(intake.open);
  void destination.deliver(batchOf('two'));
  t.false(intake.open);
  t.is(exporter.attempts.length, 1);
  exporter.attempts[0].end({ kind: 'sent' });
  await turns();
  t.true(intake.open);
});

test('a destination that is down holds up neither another one nor what it is given after', async (t) => {
  const down = scripted({ num_consumers: 1 });
  const up = scripted();
  for (let index = 0; index < 10; index++) {
    const batch = batchOf('x');
    void down.destination.deliver(batch);
    const delivered = up.destination.deliver(batch);
    up.exporter.attempts.at(-1)!.end({ kind: 'sent' });
    t.true(await delivered);
  }
  t.is(down.destination.pending.size, 10);
  t.true(down.intake.open);
});

test('what a destination does not take within max_elapsed_time is given up, counted and told with the reason', async (t) => {
  const { exporter, destination, log } = scripted({}, { max_elapsed_time: 1 });
  const delivered = destination.deliver(batchOf('a', 'b'));
  await new Promise((resolve) => setTimeout(resolve, 2));
  exporter.attempts[0].end({ kind: 'retry', reason: 'it is asleep' });
  t.false(await delivered);
  t.is(exporter.attempts.length, 1);
  t.deepEqual(destination.counters.signals.traces, { sent: 0, rejected: 0, failed: 2, retries: 0 });
  t.regex(log(), /scripted did not take 2 spans within \d+ ms, they are given up: it is asleep/);
});

test('a destination that comes and goes is told of now and then, not each time', async (t) => {
  const { exporter, destination, log } = scripted();
  for (let round = 0; round < 50; round++) {
    const delivered = destination.deliver(batchOf('x'));
    const before = exporter.attempts.length;
    exporter.attempts.at(-1)!.end({ kind: 'retry', reason: 'it is asleep' });
    while (exporter.attempts.length === before) await turns();
    exporter.attempts.at(-1)!.end({ kind: 'sent' });
    t.true(await delivered);
  }
  t.is(log().match(/it is asleep/g)?.length, 1);
  t.is(log().match(/takes telemetry again/g)?.length, 1);
});

test('without retries the first failure is final', async (t) => {
  const { exporter, destination } = scripted({}, { enabled: false });
  const delivered = destination.deliver(batchOf('a'));
  exporter.attempts[0].end({ kind: 'retry', reason: 'it is asleep' });
  t.false(await delivered);
});

test('the end of all waits is max_elapsed_time; 0 means never', (t) => {
  let now = 0;
  const settings = { ...RETRY_FOREVER, initial_interval: 5000, max_elapsed_time: 300_000, randomization_factor: 0 };
  const waits: number[] = [];
  const backoff = new Backoff(settings, Math.random, () => now);
  for (let wait = backoff.next(); wait !== undefined; wait = backoff.next()) {
    waits.push(wait);
    now += wait;
  }
  t.deepEqual(waits.slice(0, 6), [5000, 7500, 11_250, 16_875, 25_312.5, 30_000]);
  t.true(now > 270_000 && now <= 300_000);
  const forever = new Backoff({ ...settings, max_elapsed_time: 0 }, Math.random, () => now);
  now += 1e9;
  t.is(forever.next(), 5000);
});

test('an attempt that fails within the exporter is final and shows where', async (t) => {
  const { exporter, destination, log } = scripted();
  exporter.send = () => Promise.reject(new TypeError('no such thing'));
  t.false(await destination.deliver(batchOf('x')));
  t.regex(log(), /internal error: TypeError: no such thing/);
});
