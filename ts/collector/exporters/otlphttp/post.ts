// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import http from 'node:http';
import https from 'node:https';

/** Bytes of an answer that are read; the rest is dropped with its connection. */
const MAX_RESPONSE = 4 * 1024 * 1024;

export interface PostRequest {
  url: URL;
  headers: Record<string, string>;
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

/** Sends POST requests over kept connections. */
export class PostClient {
  readonly #agents = new Map<string, http.Agent>();

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
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #agent(protocol: string): http.Agent {
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      const options = { keepAlive: true };
      agent = protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
      this.#agents.set(protocol, agent);
    }
    return agent;
  }

  #attempt({ url, headers, parts, length, timeout }: PostRequest): Promise<PostResponse> {
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': String(length) },
        agent: this.#agent(url.protocol),
      });
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
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const finish = () => {
          answered = true;
          clearTimeout(timer);
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
