// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { LentMemory } from '../../ts/collector/receivers/lent-memory';
import { MmapMeterProvider } from '../../ts/metrics/provider';
import type { Piece, ReceiverEvent } from '../../ts/native/binding';
import { loadBinding } from '../../ts/native/loader';
import { flattenMetrics } from '../support/metric-json';
import { withDirectory } from '../support/written-files';

const SERIES = 12_000;
/** Of some hundred kilobytes, which is worth a lent buffer. */
const POINTS_OF_A_PIECE = 1000;

/** The values of a counter's series in these pieces, sorted. */
function values(pieces: readonly Piece[]): number[] {
  const requests = pieces.map(({ body }) => JSON.parse(loadBinding().requestToJson('metrics', body)));
  const points = flattenMetrics(requests).flatMap(({ points }) => points);
  return points.map(({ value }) => (value as { double: number }).double).sort((one, other) => one - other);
}

test('pieces in lent memory stay as they are until they are given back; where none is free, and once it is again, all arrive whole', (t) =>
  withDirectory(async (directory) => {
    const memory = new LentMemory();
    let pieces: Piece[] = [];
    let lent = 0;
    let onStopped = () => {};
    const stopped = new Promise<void>((resolve) => {
      onStopped = resolve;
    });
    const receiver = loadBinding().createReceiver(
      {
        directories: [directory],
        files: [],
        metricInterval: 1e9,
        maxPoints: POINTS_OF_A_PIECE,
        lent: memory.buffers,
      },
      (event: ReceiverEvent) => {
        if (event.type === 'stopped') onStopped();
        if (event.type !== 'piece' && event.type !== 'lent') return;
        if (event.type === 'lent') lent++;
        pieces.push(event.type === 'lent' ? memory.pieceIn(event.piece) : event.piece);
        receiver.acknowledge(event.piece.sequence);
      },
    );
    const provider = new MmapMeterProvider({ directory, resourceDetectors: [], cardinalityLimit: 2 * SERIES });
    const counter = provider.getMeter('lent').createCounter('values');
    const attributes = (number: number) => ({ number, name: `a text that makes the series long: ${number}` });
    for (let round = 1; round <= 3; round++) {
      for (let number = 0; number < SERIES; number++) counter.add(number, attributes(number));
      await provider.forceFlush();
      t.is(lent, memory.buffers.length, `round ${round}: each buffer has a piece, and none has two`);
      t.true(pieces.length > lent, 'there are more pieces than buffers');
      t.deepEqual(
        values(pieces),
        Array.from({ length: SERIES }, (_, number) => number * round),
      );
      for (const { sequence } of pieces) {
        const buffer = memory.giveBack(sequence);
        if (buffer === undefined) continue;
        receiver.giveBackLent(buffer);
        // once more: of what is not lent the addon takes no note
        receiver.giveBackLent(buffer);
      }
      receiver.giveBackLent(memory.buffers.length);
      [pieces, lent] = [[], 0];
    }
    await provider.shutdown();
    receiver.stop();
    await stopped;
  }));
