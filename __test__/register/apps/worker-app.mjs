// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The request is made by a worker thread, to a server in the main thread.
import { createServer, get } from 'node:http';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  const server = createServer((_request, response) => response.end('hello'));
  server.listen(0, '127.0.0.1', () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: server.address().port });
    worker.once('exit', (code) => {
      console.log(`worker exited with ${code}`);
      server.close();
    });
  });
} else {
  get({ port: workerData, path: '/greet', agent: false }, (response) => response.resume());
}
