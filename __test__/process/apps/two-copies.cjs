// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Loads the package from two folders, by require and by import, in two threads.
const { isMainThread, Worker, workerData } = require('node:worker_threads');

async function record(paths, directory, thread) {
  for (const [index, path] of paths.entries()) {
    for (const load of [async () => require(path), () => import(path)]) {
      const { MmapTracerProvider } = await load();
      const tracer = new MmapTracerProvider({ directory }).getTracer('copies');
      tracer.startSpan(`${thread} copy ${index}`).end();
    }
  }
}

if (isMainThread) {
  const [directory, ...paths] = process.argv.slice(2);
  record(paths, directory, 'main').then(() => {
    // The other way round: the copy that a worker finds first is not the one that was loaded first.
    new Worker(__filename, { workerData: { directory, paths: paths.reverse() } });
  });
} else {
  record(workerData.paths, workerData.directory, 'worker');
}
