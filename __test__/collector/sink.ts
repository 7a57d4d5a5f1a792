// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  socket: import('node:net').Socket;
}

type Answer = (request: ReceivedRequest, response: http.ServerResponse, index: number) => void;

/** An HTTP server of the test's own process that keeps what it is sent. */
export class Sink {
  readonly requests: ReceivedRequest[] = [];
  readonly url: string;
  readonly #server: http.Server;
  readonly #events = new EventEmitter();

  private constructor(server: http.Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /**
   * @param answer Called with each whole request and its number, from 0.
   * @param port 0 is a free one.
   */
  static async start(answer: Answer = (_request, response) => void response.end(), port = 0): Promise<Sink> {
    const server = http.createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of incoming) chunks.push(chunk);
      } catch {
        return;
      }
      const request = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(chunks),
        socket: incoming.socket,
      };
      sink.requests.push(request);
      sink.#events.emit('request');
      answer(request, response, sink.requests.length - 1);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const sink = new Sink(server);
    return sink;
  }

  /** Resolves when at least `count` requests have arrived. */
  async arrived(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.#events, 'request');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
