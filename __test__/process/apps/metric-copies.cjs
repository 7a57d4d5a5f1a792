// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Counts with the package from two folders, by require and by import, in two threads.
const { isMainThread, Worker, workerData } = require('node:worker_threads');

async function count(paths, directory) {
  for (const path of paths) {
    for (const load of [async () => require(path), () => import(path)]) {
      const { MmapMeterProvider } = await load();
      const counter = new MmapMeterProvider({ directory }).getMeter('copies').createCounter('counter');
      counter.add(1, { of: 'all' });
      counter.bind({ of: 'all' }).add(1);
    }
  }
}

if (isMainThread) {
  const [directory, ...paths] = process.argv.slice(2);
  count(paths, directory).then(() => {
    new Worker(__filename, { workerData: { directory, paths: paths.reverse() } });
  });
} else {
  count(workerData.paths, workerData.directory);
}
