// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Case by case what the documentation of the OpenTelemetry Collector's batch processor says, and its tests check.

import { mock } from 'node:test';
import test from 'ava';
import fc from 'fast-check';
import { type Batch, batchOf } from '../../../ts/collector/batch';
import { nodeOf } from '../../../ts/collector/config/node';
import { Problems } from '../../../ts/collector/config/problems';
import { Logger } from '../../../ts/collector/logger';
import { Receipt } from '../../../ts/collector/pipeline/receipt';
import { BatchProcessor, type BatchSettings } from '../../../ts/collector/processors/batch/batch';
import { batchProcessor } from '../../../ts/collector/processors/batch/factory';
import type { HistogramValue } from '../../../ts/collector/telemetry/distribution';
import { partOf, sequencesOf } from '../batches';

mock.timers.enable({ apis: ['setTimeout'] });

/** A part with one byte an item, so that it can be split without an encoder. */
function batchWith(
  items: number,
  { sequence = 0, urgent = false, stream = undefined as string | undefined } = {},
): Batch {
  return batchOf({ signal: 'traces', urgent, stream }, [partOf('x'.repeat(items), items, sequence)]);
}

function splitBytes(_signal: string, body: Uint8Array, first: number, each: number) {
  const parts: { body: Buffer; items: number }[] = [];
  for (let at = 0; at < body.length; ) {
    const part = Buffer.from(body.subarray(at, at + (parts.length === 0 ? first : each)));
    parts.push({ body: part, items: part.length });
    at += part.length;
  }
  return parts;
}

function processor(settings: Partial<BatchSettings> = {}, split = splitBytes) {
  const batches: Batch[] = [];
  const warnings: string[] = [];
  const batch = new BatchProcessor(
    { send_batch_size: 8192, timeout: 200, send_batch_max_size: 0, send_batch_max_bytes: 0, ...settings },
    split,
    { consume: (ready) => batches.push(ready) },
    new Logger('warn', (line) => warnings.push(line)),
  );
  return { batch, batches, warnings, sizes: () => batches.map(({ items }) => items) };
}

test.serial('the defaults are 8192 items, 200 ms and no maximum', (t) => {
  const read = batchProcessor.config.read(undefined, '', new Problems());
  t.like(read, { send_batch_size: 8192, timeout: 200, send_batch_max_size: 0 });
});

test.serial('a maximum below the size is a mistake, and 0 is none', (t) => {
  const problemsWith = (section: object) => {
    const problems = new Problems();
    batchProcessor.config.read(nodeOf(section, { name: 'f' }), 'batch', problems);
    return problems.found;
  };
  t.true(problemsWith({ send_batch_size: 100, send_batch_max_size: 99 }));
  t.true(problemsWith({ send_batch_max_size: 8191 }));
  t.false(problemsWith({ send_batch_size: 100, send_batch_max_size: 100 }));
  t.false(problemsWith({ send_batch_size: 100, send_batch_max_size: 0 }));
});

test.serial('the size is a trigger: a batch goes when it is reached, and not before', (t) => {
  const { batch, sizes } = processor({ send_batch_size: 10 });
  batch.consume(batchWith(9));
  t.deepEqual(sizes(), []);
  batch.consume(batchWith(1));
  t.deepEqual(sizes(), [10]);
});

test.serial('the size does not bound a batch: what comes at once goes at once', (t) => {
  const { batch, sizes } = processor({ send_batch_size: 10 });
  batch.consume(batchWith(7));
  batch.consume(batchWith(25));
  t.deepEqual(sizes(), [32]);
});

test.serial('the maximum bounds a batch: larger ones are split, and the rest waits for more or its time', (t) => {
  const { batch, sizes } = processor({ send_batch_size: 10, send_batch_max_size: 12 });
  batch.consume(batchWith(41));
  t.deepEqual(sizes(), [12, 12, 12]);
  batch.consume(batchWith(5));
  t.deepEqual(sizes(), [12, 12, 12, 10]);
  batch.consume(batchWith(3));
  mock.timers.tick(200);
  t.deepEqual(sizes(), [12, 12, 12, 10, 3]);
});

test.serial('a batch goes when its time is up, whatever its size', (t) => {
  const { batch, sizes } = processor();
  batch.consume(batchWith(3));
  mock.timers.tick(199);
  t.deepEqual(sizes(), []);
  mock.timers.tick(1);
  t.deepEqual(sizes(), [3]);
  mock.timers.tick(1000);
  t.deepEqual(sizes(), [3], 'an empty batch is never sent');
});

test.serial('the timer begins anew after a send by size', (t) => {
  const { batch, sizes } = processor({ send_batch_size: 10, send_batch_max_size: 10 });
  batch.consume(batchWith(1));
  mock.timers.tick(150);
  batch.consume(batchWith(11));
  t.deepEqual(sizes(), [10]);
  mock.timers.tick(199);
  t.deepEqual(sizes(), [10]);
  mock.timers.tick(1);
  t.deepEqual(sizes(), [10, 2]);
});

for (const zero of [{ timeout: 0 }, { send_batch_size: 0 }]) {
  const name = Object.keys(zero)[0];
  test.serial(`with ${name} 0 everything goes at once`, (t) => {
    const { batch, sizes } = processor(zero);
    for (const items of [1, 2, 3]) batch.consume(batchWith(items));
    t.deepEqual(sizes(), [1, 2, 3]);
  });

  test.serial(`with ${name} 0 everything goes at once, subject only to the maximum`, (t) => {
    const { batch, sizes } = processor({ ...zero, send_batch_max_size: 8192 });
    batch.consume(batchWith(20_000));
    t.deepEqual(sizes(), [8192, 8192, 3616]);
  });
}

test.serial('shutdown flushes', (t) => {
  const { batch, sizes } = processor({ send_batch_max_size: 8192 });
  batch.consume(batchWith(5));
  batch.flush();
  batch.close();
  t.deepEqual(sizes(), [5]);
  mock.timers.tick(1000);
  t.deepEqual(sizes(), [5]);
});

test.serial('batches that were sent count by what triggered them', (t) => {
  const { batch } = processor({ send_batch_size: 10 });
  batch.consume(batchWith(12));
  batch.consume(batchWith(1));
  mock.timers.tick(200);
  const values = Object.fromEntries(batch.stats().map(({ metric, value }) => [metric, value]));
  t.is(values.processor_batch_batch_size_trigger_send, 1);
  t.is(values.processor_batch_timeout_trigger_send, 1);
  const sizes = values.processor_batch_batch_send_size as HistogramValue;
  t.is(sizes.sum, 13);
  t.is(
    sizes.counts.reduce((sum, count) => sum + count, 0),
    2,
  );
});

test.serial('beyond the Collector: a batch goes before a part that would make it too large for a destination', (t) => {
  const { batch, batches } = processor({ send_batch_max_bytes: 20 });
  for (const sequence of [1, 2, 3]) batch.consume(batchWith(8, { sequence }));
  t.deepEqual(batches.map(sequencesOf), [[1, 2]]);
});

test.serial('beyond the Collector: what a process waits for takes all before it along at once', (t) => {
  const { batch, batches } = processor();
  batch.consume(batchWith(1, { sequence: 1 }));
  batch.consume(batchWith(1, { sequence: 2, urgent: true }));
  t.deepEqual(batches.map(sequencesOf), [[1, 2]]);
});

/** Splits nothing that is longer than 9 bytes: as a fault of the program would have it, by an error or by parts that lack something. */
for (const [fault, splitNone] of [
  [
    'throws',
    () => {
      throw new Error('not a piece of traces');
    },
  ],
  ['finds no items', () => []],
] as const) {
  test.serial(
    `a part that cannot be split, since that ${fault}, goes alone and whole, with a warning, and all others as ever`,
    (t) => {
      const { batch, sizes, batches, warnings } = processor(
        { send_batch_size: 5, send_batch_max_size: 5, timeout: 0 },
        (signal, body, first, each) => (body.length > 9 ? splitNone() : splitBytes(signal, body, first, each)),
      );
      let settled = 0;
      const whole = { ...partOf('x'.repeat(10), 10), receipt: new Receipt(7, 1, () => settled++) };
      const others = [partOf('xxx', 3, 1), partOf('x'.repeat(7), 7, 8)];
      batch.consume(batchOf({ signal: 'traces', urgent: false, stream: undefined }, [others[0], whole, others[1]]));
      t.deepEqual(sizes(), [3, 10, 5, 2]);
      t.deepEqual(sequencesOf(batches[1]), [7]);
      batches[1].pieces[0].receipt.settle(0, 10, true);
      t.is(settled, 1);
      t.is(warnings.length, 1);
      t.regex(warnings[0], /10 items cannot be split/);
      batch.close();
    },
  );
}

test.serial('data points of two streams are never joined', (t) => {
  const { batch, batches } = processor({ send_batch_size: 10 });
  batch.consume(batchWith(6, { stream: 'cumulative' }));
  batch.consume(batchWith(6, { stream: 'delta' }));
  t.deepEqual(batches, []);
  batch.consume(batchWith(6, { stream: 'delta' }));
  t.deepEqual(
    batches.map(({ stream, items }) => ({ stream, items })),
    [{ stream: 'delta', items: 12 }],
  );
});

/** What the Collector's implementation does with counts alone. The time counts from the first item, there as here a bound on the age of any. */
class Model {
  readonly sent: number[] = [];
  #items = 0;
  #deadline: number | undefined;
  #now = 0;

  constructor(readonly settings: BatchSettings) {}

  consume(items: number): void {
    const { send_batch_size: size, timeout } = this.settings;
    this.#items += items;
    const atOnce = timeout === 0 || size === 0;
    while (this.#items > 0 && (atOnce || this.#items >= size)) {
      this.#send();
      this.#deadline = undefined;
    }
    if (this.#items > 0) this.#deadline ??= this.#now + timeout;
  }

  tick(milliseconds: number): void {
    this.#now += milliseconds;
    if (this.#deadline === undefined || this.#now < this.#deadline) return;
    this.#deadline = undefined;
    while (this.#items > 0) this.#send();
  }

  #send(): void {
    const { send_batch_max_size: max } = this.settings;
    const items = max > 0 ? Math.min(max, this.#items) : this.#items;
    this.#items -= items;
    this.sent.push(items);
  }
}

test.serial(
  'whatever comes and whenever, batches have the sizes of the Collector, hold everything once and in order, and settle it',
  (t) => {
    const step = fc.oneof(
      fc.record({ consume: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ tick: fc.integer({ min: 1, max: 300 }) }),
    );
    const settingsOf = fc
      .record({
        size: fc.integer({ min: 0, max: 50 }),
        over: fc.option(fc.integer({ min: 0, max: 20 })),
        timeout: fc.constantFrom(0, 100, 200),
      })
      .map(({ size, over, timeout }) => ({
        send_batch_size: size,
        send_batch_max_size: over === null ? 0 : size + over,
        send_batch_max_bytes: 0,
        timeout,
      }));
    fc.assert(
      fc.property(settingsOf, fc.array(step, { maxLength: 40 }), (settings, steps) => {
        const model = new Model(settings);
        const { batch, batches, sizes } = processor(settings);
        const settled: number[] = [];
        let text = '';
        let pieces = 0;
        for (const each of steps) {
          if ('tick' in each) {
            mock.timers.tick(each.tick);
            model.tick(each.tick);
            continue;
          }
          const sequence = pieces++;
          const body = String.fromCharCode(33 + (sequence % 90)).repeat(each.consume);
          text += body;
          const receipt = new Receipt(sequence, 1, () => settled.push(sequence));
          batch.consume(
            batchOf({ signal: 'traces', urgent: false, stream: undefined }, [
              { body: Buffer.from(body), items: each.consume, receipt },
            ]),
          );
          model.consume(each.consume);
        }
        t.deepEqual(sizes(), model.sent);
        batch.flush();
        t.is(Buffer.concat(batches.flatMap(({ parts }) => parts)).toString(), text);
        for (const { pieces } of batches) for (const { receipt, items } of pieces) receipt.settle(0, items, true);
        t.deepEqual(settled, [...Array(pieces).keys()]);
        for (const { items, bytes, parts } of batches)
          t.deepEqual([items, bytes], [Buffer.concat(parts).length, items]);
      }),
    );
  },
);
