// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createRequire } from 'node:module';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';

const BODY = JSON.stringify({ id: 7, name: 'lamp', price: 12.5 });

/** An HTTP server under the stock instrumentation. The parent sends the load, then says when it is over. */
export async function run(sdk, { instrumented }) {
  if (instrumented) {
    registerInstrumentations({ instrumentations: [new HttpInstrumentation()], tracerProvider: sdk.tracerProvider });
  }
  // By require, and after the line above: that is what the instrumentation patches.
  const http = createRequire(import.meta.url)('node:http');
  let requests = 0;
  const server = http.createServer((_request, response) => {
    requests++;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const over = new Promise((resolve) => process.once('message', resolve));
  process.send({ port: server.address().port });
  await over;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await sdk.flush();
  return { made: requests };
}
