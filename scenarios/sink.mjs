// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import { spansOf } from './spans.mjs';

/** Where the telemetry goes: an OTLP/HTTP server that keeps every span it is sent, by trace, and nothing else. */
export class Sink extends EventEmitter {
  /** Trace id to (span id to span). */
  traces = new Map();
  spans = 0;
  /** Spans that had been there before: the same ids once more. */
  repeated = 0;
  #server = http.createServer((request, response) => this.#take(request, response));

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    // The app's metrics come, too, to an address of their own.
    if (request.url === '/v1/traces') for (const span of spansOf(Buffer.concat(chunks))) this.#keep(span);
    response.setHeader('content-type', 'application/x-protobuf').end();
    this.emit('spans');
  }

  #keep(span) {
    const trace = this.traces.get(span.traceId) ?? new Map();
    this.traces.set(span.traceId, trace);
    if (trace.has(span.spanId)) {
      this.repeated++;
      return;
    }
    trace.set(span.spanId, span);
    this.spans++;
  }
}
