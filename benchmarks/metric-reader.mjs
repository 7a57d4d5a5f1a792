// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Reads the metrics of a directory, as a collector does: `metric-reader.mjs DIRECTORY POINTS`. Says that it is there, begins when it is told to, and
// sends how many points it took, once they are all there.

import { createRequire } from 'node:module';

const [directory, points] = process.argv.slice(2);
const { loadBinding } = createRequire(import.meta.url)('../dist/native/loader.js');
process.once('message', () => {
  let taken = 0;
  const receiver = loadBinding().createReceiver(
    { directories: [directory], files: [], metricInterval: 1_000 },
    (event) => {
      if (event.type !== 'piece') return;
      receiver.acknowledge(event.piece.sequence);
      if (taken >= Number(points)) return;
      taken += event.piece.items;
      if (taken >= Number(points)) process.send(taken, () => process.exit());
    },
  );
});
process.send('there');
