// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import fc from 'fast-check';
import type { Batch } from '../../ts/collector/batch';
import { BatchProcessor } from '../../ts/collector/processors/batch';
import type { Piece } from '../../ts/native/binding';

function piece(sequence: number, items: number, urgent = false): Piece {
  return { sequence, signal: 'traces', body: Buffer.from(`piece ${sequence};`), items, urgent };
}

function processor(sendBatchSize: number, timeout: number, maxBytes = 4096) {
  const batches: Batch[] = [];
  let notify = () => {};
  const next = new Promise<void>((resolve) => {
    notify = resolve;
  });
  const batch = new BatchProcessor('traces', { sendBatchSize, timeout, maxBytes }, (ready) => {
    batches.push(ready);
    notify();
  });
  return { batch, batches, next };
}

test('whatever the pieces, batches hold them all, once, in order, with the right sums', (t) => {
  const pieces = fc.array(fc.record({ items: fc.integer({ min: 1, max: 40 }), urgent: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 100 }), (list, size) => {
      const { batch, batches } = processor(size, 60_000);
      const all = list.map(({ items, urgent }, index) => piece(index, items, urgent));
      for (const each of all) batch.add(each);
      batch.flush();
      t.deepEqual(
        batches.flatMap(({ sequences }) => sequences),
        all.map(({ sequence }) => sequence),
      );
      t.is(Buffer.concat(batches.flatMap(({ parts }) => parts)).toString(), all.map(({ body }) => body).join(''));
      for (const { bytes, items, parts, sequences } of batches) {
        t.is(bytes, Buffer.concat(parts).length);
        t.is(
          items,
          sequences.reduce((sum, sequence) => sum + all[sequence].items, 0),
        );
      }
    }),
  );
});

test('a batch goes when it has its size, and not before', (t) => {
  const { batch, batches } = processor(10, 60_000);
  batch.add(piece(1, 9));
  t.is(batches.length, 0);
  batch.add(piece(2, 1));
  t.deepEqual(batches[0].sequences, [1, 2]);
});

test('a batch goes before a piece that would make it too large for a destination', (t) => {
  const { batch, batches } = processor(10_000, 60_000, 20);
  for (const sequence of [1, 2, 3]) batch.add(piece(sequence, 1));
  t.deepEqual(
    batches.map(({ sequences, bytes }) => ({ sequences, bytes })),
    [{ sequences: [1, 2], bytes: 16 }],
  );
  batch.flush();
  t.deepEqual(batches[1].sequences, [3]);
});

test('an urgent piece takes all before it along at once', (t) => {
  const { batch, batches } = processor(10_000, 60_000);
  batch.add(piece(1, 1));
  batch.add(piece(2, 1, true));
  t.deepEqual(batches[0].sequences, [1, 2]);
});

test('a small batch goes when its time is up', async (t) => {
  const { batch, batches, next } = processor(10_000, 5);
  batch.add(piece(1, 1));
  t.is(batches.length, 0);
  await next;
  t.deepEqual(batches[0].sequences, [1]);
});
