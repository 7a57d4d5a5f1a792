// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// An app without a word of telemetry: it serves a request that it makes itself, and stops.
import { createServer, get } from 'node:http';

const server = createServer((_request, response) => response.end('hello'));
server.listen(0, '127.0.0.1', () => {
  get({ port: server.address().port, path: '/greet' }, (response) => {
    response.resume();
    response.on('end', () => {
      console.log(`status ${response.statusCode}`);
      server.close();
    });
  });
});
