// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A process that takes OTLP/HTTP requests, answers at once, and tells its parent how much it got.

import http from 'node:http';
import { countRecords, countSpans } from './otlp-count.mjs';

const counts = { requests: 0, bytes: 0, spans: 0, records: 0, roots: 0, attributes: 0 };
/** Who waits for how many spans or log records. */
const waiting = new Map();

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    // After the answer: counting must not hold up who sends.
    setImmediate(() => take(request.url, Buffer.concat(chunks)));
  });
});

function take(url, body) {
  counts.requests++;
  counts.bytes += body.length;
  if (url.endsWith('/v1/logs')) countRecords(body, counts);
  else countSpans(body, counts);
  for (const [id, items] of waiting) {
    if (received() >= items) answer(id);
  }
}

/** A run makes the one or the other. */
function received() {
  return counts.spans + counts.records;
}

function answer(id) {
  waiting.delete(id);
  process.send({ id, counts });
}

process.on('message', ({ id, spans }) => {
  waiting.set(id, spans);
  if (received() >= spans) answer(id);
});

server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
process.on('disconnect', () => process.exit());
