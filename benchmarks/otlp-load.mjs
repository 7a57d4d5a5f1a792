// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Sends the workload's spans as OTLP/HTTP requests of the size that SDKs send (512 spans): `otlp-load.mjs SETTINGS` with
// { url, spansPerSecond, seconds }. Encoded once, so that it costs little.

import http from 'node:http';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { makeTrace, SPANS_PER_TRACE } from './workload.mjs';

const SPANS_PER_REQUEST = 512;

const { url, spansPerSecond, seconds } = JSON.parse(process.argv[2]);
const body = encodedSpans();
const agent = new http.Agent({ keepAlive: true });
const total = Math.ceil((spansPerSecond * seconds) / SPANS_PER_REQUEST);
const begin = performance.now();
let sent = 0;
while (sent < total) {
  const due = Math.min(total, ((performance.now() - begin) / 1000) * (spansPerSecond / SPANS_PER_REQUEST));
  const requests = [];
  for (; sent < due; sent++) requests.push(post());
  await Promise.all([...requests, new Promise((resolve) => setTimeout(resolve, 2))]);
}
agent.destroy();
process.send({ result: { made: total * SPANS_PER_REQUEST } });
process.disconnect();

function encodedSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('benchmark', '1.0.0');
  for (let i = 0; i < SPANS_PER_REQUEST / SPANS_PER_TRACE; i++) makeTrace(tracer, i);
  return ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans());
}

function post() {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const request = http.request(`${url}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
      response
        .resume()
        .on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`the collector answered ${response.statusCode}`)),
        );
    });
    request.on('error', reject);
    request.end(body);
  });
}
