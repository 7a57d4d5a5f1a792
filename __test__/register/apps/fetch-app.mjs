// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end('hello'));
server.listen(0, '127.0.0.1', async () => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/greet`);
  console.log(`status ${response.status} ${await response.text()}`);
  server.close();
  server.closeAllConnections();
});
