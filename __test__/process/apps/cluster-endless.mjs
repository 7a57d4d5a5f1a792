// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A cluster whose workers count until they are killed with signal 9, some of them by the primary, and others take their place. Each says
// after every round of calls that they returned.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createMeter } from './meter.mjs';
import { say } from './say.mjs';

const WORKERS = 2;
const KILLS = 6;

if (cluster.isPrimary) {
  const start = async () => {
    const worker = cluster.fork();
    await once(worker, 'message');
    return worker;
  };
  const workers = await Promise.all(Array.from({ length: WORKERS }, start));
  for (let kill = 0; kill < KILLS; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 40 * Math.random()));
    const [oldest] = workers.splice(0, 1);
    oldest.process.kill('SIGKILL');
    await once(oldest, 'exit');
    workers.push(await start());
  }
  await Promise.all(
    workers.map((worker) => {
      worker.process.kill('SIGKILL');
      return once(worker, 'exit');
    }),
  );
} else {
  const counter = createMeter(process.argv[2]).createCounter('counter');
  const histogram = createMeter(process.argv[2]).createHistogram('histogram');
  for (let round = 1; ; round++) {
    for (let i = 0; i < 100; i++) {
      counter.add(1, { series: i % 10 });
      histogram.record(i, { series: i % 10 });
    }
    say(`${process.pid} round ${round}`);
    if (round === 1) process.send('counting');
  }
}
