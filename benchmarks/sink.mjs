// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A process that takes OTLP requests over HTTP and gRPC, answers at once, and tells its parent how much it got.

import http from 'node:http';
import http2 from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { countPoints, countRecords, countSpans } from './otlp-count.mjs';

/** A gRPC message begins with one byte for "compressed" and four for its length. */
const FRAME_HEADER = 5;

const counts = { requests: 0, bytes: 0, spans: 0, records: 0, points: 0, roots: 0, attributes: 0 };
/** Who waits for how many spans, log records or data points. */
const waiting = new Map();

const overHttp = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    // After the answer: counting must not hold up who sends.
    setImmediate(() => take(request.url, Buffer.concat(chunks), request.headers['content-encoding']));
  });
});

const overGrpc = http2.createServer({ settings: { initialWindowSize: 4 << 20 } });
// As servers made with Go do it: the window grows with what is sent.
overGrpc.on('session', (session) => session.setLocalWindowSize(16 << 20));
overGrpc.on('stream', (stream, headers) => {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(FRAME_HEADER));
    const frame = Buffer.concat(chunks);
    const encoding = frame[0] === 1 ? headers['grpc-encoding'] : undefined;
    setImmediate(() => take(headers[':path'], frame.subarray(FRAME_HEADER), encoding));
  });
});

function take(path, body, encoding) {
  counts.requests++;
  counts.bytes += body.length;
  const request = encoding === 'gzip' ? gunzipSync(body) : body;
  if (/\/v1\/logs$|LogsService/.test(path)) countRecords(request, counts);
  else if (/\/v1\/traces$|TraceService/.test(path)) countSpans(request, counts);
  else if (/\/v1\/metrics$|MetricsService/.test(path)) countPoints(request, counts);
  for (const [id, items] of waiting) {
    if (received() >= items) answer(id);
  }
}

/** A run makes one of them. */
function received() {
  return counts.spans + counts.records + counts.points;
}

function answer(id) {
  waiting.delete(id);
  process.send({ id, counts });
}

process.on('message', ({ id, spans }) => {
  waiting.set(id, spans);
  if (received() >= spans) answer(id);
});

overHttp.listen(0, '127.0.0.1', () => {
  overGrpc.listen(0, '127.0.0.1', () => {
    const [url, grpc] = [overHttp, overGrpc].map((server) => `127.0.0.1:${server.address().port}`);
    process.send({ url: `http://${url}`, grpc });
  });
});
process.on('disconnect', () => process.exit());
