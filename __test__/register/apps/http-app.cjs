// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The same app as http-app.mjs, as CommonJS.
const { createServer, get } = require('node:http');

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
