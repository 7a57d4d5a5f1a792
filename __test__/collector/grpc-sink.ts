// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { EventEmitter, once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { decoded } from './decoded';

export interface ReceivedCall {
  path: string;
  headers: http2.IncomingHttpHeaders;
  /** The message, decompressed. */
  message: Buffer;
  session: http2.ServerHttp2Session;
}

type Answer = (call: ReceivedCall, stream: http2.ServerHttp2Stream, index: number) => void;

/** Ends a call with a status, and a message before it. */
export function endCall(
  stream: http2.ServerHttp2Stream,
  status: number,
  { text = '', details, message = Buffer.alloc(0) }: { text?: string; details?: Buffer; message?: Buffer } = {},
): void {
  const trailers = {
    'grpc-status': String(status),
    ...(text !== '' && { 'grpc-message': text }),
    ...(details && { 'grpc-status-details-bin': details.toString('base64').replace(/=+$/, '') }),
  };
  if (status !== 0) {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
    return;
  }
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([header, message]));
}

/** A gRPC server of the test's own process, on the bare protocol. */
export class GrpcSink {
  readonly calls: ReceivedCall[] = [];
  readonly #server: http2.Http2Server;
  readonly #events = new EventEmitter();
  readonly #sessions = new Set<http2.ServerHttp2Session>();

  private constructor(server: http2.Http2Server) {
    this.#server = server;
  }

  /** host:port */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that were opened so far. */
  connections = 0;

  /** @param path Of a Unix socket; else it listens on a free port. */
  static async start(
    answer: Answer = (_call, stream) => endCall(stream, 0),
    tls?: http2.SecureServerOptions,
    path?: string,
  ): Promise<GrpcSink> {
    const server = tls === undefined ? http2.createServer() : http2.createSecureServer(tls);
    const sink = new GrpcSink(server as http2.Http2Server);
    server.on('session', (session: http2.ServerHttp2Session) => {
      sink.connections++;
      sink.#sessions.add(session);
      session.on('close', () => sink.#sessions.delete(session));
      session.on('error', () => {});
    });
    server.on('stream', async (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
      stream.on('error', () => {});
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of stream) chunks.push(chunk);
      } catch {
        return;
      }
      const frame = Buffer.concat(chunks);
      const body = frame.subarray(5, 5 + frame.readUInt32BE(1));
      const message = frame[0] === 1 ? decoded(body, headers['grpc-encoding']) : body;
      const call = {
        path: String(headers[':path']),
        headers,
        message,
        session: stream.session as http2.ServerHttp2Session,
      };
      sink.calls.push(call);
      sink.#events.emit('call');
      answer(call, stream, sink.calls.length - 1);
    });
    server.on('sessionError', () => {});
    if (path === undefined) server.listen(0, '127.0.0.1');
    else server.listen(path);
    await once(server, 'listening');
    return sink;
  }

  /** Resolves when at least `count` calls have arrived. */
  async arrived(count: number): Promise<void> {
    while (this.calls.length < count) await once(this.#events, 'call');
  }

  /** Ends all connections, at once. */
  disconnect(): void {
    for (const session of this.#sessions) session.destroy();
  }

  close(): void {
    this.#server.close();
    this.disconnect();
  }
}
