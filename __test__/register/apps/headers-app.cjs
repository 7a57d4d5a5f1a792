// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Asks itself over HTTP and prints the headers of the request that tracing has added.
const { createServer, get } = require('node:http');

const OWN = ['host', 'connection'];
const server = createServer((request, response) => {
  console.log(
    Object.keys(request.headers)
      .filter((name) => !OWN.includes(name))
      .sort()
      .join(' '),
  );
  response.end();
});
server.listen(0, '127.0.0.1', () => {
  get({ port: server.address().port }, (response) => response.resume().on('end', () => server.close()));
});
