// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The same app as worker-app.mjs, as CommonJS.
const { createServer, get } = require('node:http');
const { isMainThread, Worker, workerData } = require('node:worker_threads');

if (isMainThread) {
  const server = createServer((_request, response) => response.end('hello'));
  server.listen(0, '127.0.0.1', () => {
    const worker = new Worker(__filename, { workerData: server.address().port });
    worker.on('exit', (code) => {
      console.log(`worker exited with ${code}`);
      server.close();
    });
  });
} else {
  get({ port: workerData, path: '/from-worker' }, (response) => response.resume());
}
