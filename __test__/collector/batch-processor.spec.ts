// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import fc from 'fast-check';
import { type Batch, batchOf } from '../../ts/collector/batch';
import { BatchProcessor } from '../../ts/collector/processors/batch/batch';
import { partOf, sequencesOf } from './batches';

function piece(sequence: number, items: number, urgent = false): Batch {
  return batchOf({ signal: 'traces', urgent, stream: undefined }, [partOf(`piece ${sequence};`, items, sequence)]);
}

function processor(send_batch_size: number, timeout: number, max_bytes = 4096) {
  const batches: Batch[] = [];
  let notify = () => {};
  const next = new Promise<void>((resolve) => {
    notify = resolve;
  });
  const consume = (ready: Batch) => {
    batches.push(ready);
    notify();
  };
  return { batch: new BatchProcessor({ send_batch_size, timeout, max_bytes }, { consume }), batches, next };
}

test('whatever the pieces, batches hold them all, once, in order, with the right sums', (t) => {
  const pieces = fc.array(fc.record({ items: fc.integer({ min: 1, max: 40 }), urgent: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 100 }), (list, size) => {
      const { batch, batches } = processor(size, 60_000);
      const all = list.map(({ items, urgent }, index) => piece(index, items, urgent));
      for (const each of all) batch.consume(each);
      batch.flush();
      t.deepEqual(batches.flatMap(sequencesOf), all.flatMap(sequencesOf));
      t.is(Buffer.concat(batches.flatMap(({ parts }) => parts)).toString(), all.map(({ parts }) => parts[0]).join(''));
      for (const { bytes, items, parts, pieces } of batches) {
        t.is(bytes, Buffer.concat(parts).length);
        t.is(
          items,
          pieces.reduce((sum, part) => sum + part.items, 0),
        );
      }
    }),
  );
});

test('a batch goes when it has its size, and not before', (t) => {
  const { batch, batches } = processor(10, 60_000);
  batch.consume(piece(1, 9));
  t.is(batches.length, 0);
  batch.consume(piece(2, 1));
  t.deepEqual(sequencesOf(batches[0]), [1, 2]);
});

test('a batch goes before a piece that would make it too large for a destination', (t) => {
  const { batch, batches } = processor(10_000, 60_000, 20);
  for (const sequence of [1, 2, 3]) batch.consume(piece(sequence, 1));
  t.deepEqual(
    batches.map((ready) => ({ sequences: sequencesOf(ready), bytes: ready.bytes })),
    [{ sequences: [1, 2], bytes: 16 }],
  );
  batch.flush();
  t.deepEqual(sequencesOf(batches[1]), [3]);
});

test('an urgent piece takes all before it along at once', (t) => {
  const { batch, batches } = processor(10_000, 60_000);
  batch.consume(piece(1, 1));
  batch.consume(piece(2, 1, true));
  t.deepEqual(sequencesOf(batches[0]), [1, 2]);
});

test('a small batch goes when its time is up', async (t) => {
  const { batch, batches, next } = processor(10_000, 5);
  batch.consume(piece(1, 1));
  t.is(batches.length, 0);
  await next;
  t.deepEqual(sequencesOf(batches[0]), [1]);
});
