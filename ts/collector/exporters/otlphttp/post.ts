// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import http from 'node:http';
import https from 'node:https';
import { proxyAuthorization, proxyFor } from '../connection/proxy.js';
import type { TlsSource } from '../connection/tls.js';
import { Agents } from './agents.js';

/** Bytes of an answer that are read; the rest is dropped with its connection. */
const MAX_RESPONSE = 4 * 1024 * 1024;

export interface PostRequest {
  url: URL;
  headers: Readonly<Record<string, string>>;
  /** Chunks of the body, written one after the other. */
  parts: readonly Buffer[];
  length: number;
  /** Milliseconds from the connection to the end of the answer. */
  timeout: number;
}

export interface PostResponse {
  status: number;
  statusText: string;
  headers: http.IncomingHttpHeaders;
  /** At most 4 MiB. */
  body: Buffer;
}

export interface PostClientOptions {
  tls: TlsSource;
  /** For every request; otherwise the environment says which go through a proxy. */
  proxy: URL | undefined;
  keepAlive: boolean;
}

/** Sends POST requests over kept connections. */
export class PostClient {
  readonly #options: PostClientOptions;
  readonly #agents: Agents;

  constructor(options: PostClientOptions) {
    this.#options = options;
    this.#agents = new Agents(options.keepAlive);
  }

  /**
   * @throws Error when there is no whole answer: no connection, a reset, no answer in time. A kept connection that the
   *   server closed meanwhile is not such a case: the request then goes out once more on another one.
   */
  async post(request: PostRequest): Promise<PostResponse> {
    try {
      return await this.#attempt(request);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return await this.#attempt(request);
    }
  }

  close(): void {
    this.#agents.close();
  }

  /** Begins a request, on the way that TLS and proxy demand. */
  async #begin({ url, headers, length }: PostRequest): Promise<http.ClientRequest> {
    const { tls, proxy: configured } = this.#options;
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    const proxy = proxyFor(url.hostname, port, url.protocol, configured);
    const options = { method: 'POST', headers: { ...headers, 'content-length': String(length) } };
    if (url.protocol === 'https:') {
      const agent = this.#agents.secure(await tls.options(), proxy);
      return https.request(url, { ...options, agent });
    }
    if (proxy === undefined) return http.request(url, { ...options, agent: this.#agents.plain() });
    const target = new URL(url);
    target.username = target.password = '';
    const secure = proxy.protocol === 'https:';
    return (secure ? https : http).request({
      ...options,
      host: proxy.hostname,
      port: proxy.port || (secure ? 443 : 80),
      path: target.href,
      auth: url.username && `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`,
      headers: { host: url.host, ...options.headers, ...proxyAuthorization(proxy) },
      agent: secure ? undefined : this.#agents.plain(),
    });
  }

  async #attempt(options: PostRequest): Promise<PostResponse> {
    const { parts, timeout } = options;
    const request = await this.#begin(options);
    return new Promise((resolve, reject) => {
      let answered = false;
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
      const fail = (error: Error) => {
        clearTimeout(timer);
        // A server that answers without reading the whole request may reset the connection after its answer.
        if (answered) return;
        const stale = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        reject(stale ? new StaleConnection(error.message) : error);
      };
      request.on('error', fail);
      // Of another protocol there is nothing to expect; without a listener nobody would hear of it.
      request.on('upgrade', ({ statusCode = 0, statusMessage = '', headers }, socket) => {
        answered = true;
        clearTimeout(timer);
        socket.destroy();
        resolve({ status: statusCode, statusText: statusMessage, headers, body: Buffer.alloc(0) });
      });
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const finish = () => {
          answered = true;
          clearTimeout(timer);
          // What the server did not wait for is not sent on: the memory of the body serves others once this is settled.
          if (!request.writableFinished) request.destroy();
          resolve({
            status: response.statusCode ?? 0,
            statusText: response.statusMessage ?? '',
            headers: response.headers,
            body: Buffer.concat(chunks).subarray(0, MAX_RESPONSE),
          });
        };
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size <= MAX_RESPONSE) return;
          finish();
          request.destroy();
        });
        response.on('end', finish);
        response.on('error', fail);
      });
      // Corked, the chunks leave in one system call, with no copy that joins them.
      request.cork();
      for (const part of parts) request.write(part);
      request.end();
      request.uncork();
    });
  }
}

/** The server closed a kept connection at the moment when the request went out on it. */
class StaleConnection extends Error {}
