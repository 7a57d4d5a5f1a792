// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch, Signal } from '../../batch.js';
import type { Attempter, Outcome } from '../attempt.js';
import { faultOf } from '../connection/fault.js';
import type { HeaderSource } from '../connection/headers.js';
import type { TlsSource } from '../connection/tls.js';
import { type Codec, encodingOf } from '../encoding.js';
import type { RequestToJson } from '../request-json.js';
import { outcomeOf } from './answer.js';
import { PostClient, type PostResponse } from './post.js';

export interface OtlpHttpOptions {
  urls: Readonly<Record<Signal, URL>>;
  headers: HeaderSource;
  tls: TlsSource;
  /** For every request; otherwise the environment says which go through a proxy. */
  proxy: URL | undefined;
  keepAlive: boolean;
  /** Milliseconds for one attempt, from the connection to the end of the answer. */
  timeout: number;
  compression: Codec;
  level?: number;
  /** For bodies in JSON. */
  toJson?: RequestToJson;
}

/** OTLP over HTTP. */
export class OtlpHttpExporter implements Attempter {
  readonly target: string;
  readonly concurrency = Number.POSITIVE_INFINITY;
  readonly #options: OtlpHttpOptions;
  readonly #client: PostClient;

  /** @param id Name of the exporter, for messages. */
  constructor(id: string, options: OtlpHttpOptions) {
    this.#options = options;
    this.#client = new PostClient(options);
    // Neither user name nor query: both may hold secrets.
    this.target = `${id} ${options.urls.traces.origin}${options.urls.traces.pathname}`;
  }

  /** Reads certificates and token, so that a mistake in them is told before anything is exported. */
  async start(): Promise<void> {
    await this.#options.tls.options();
    await this.#options.headers.headers();
  }

  async send(batch: Batch): Promise<Outcome> {
    const { urls, compression, level, toJson, timeout } = this.#options;
    let response: PostResponse;
    try {
      const { parts, bytes } = await encodingOf(batch, compression, { level, toJson });
      response = await this.#client.post({
        url: urls[batch.signal],
        headers: {
          ...(await this.#options.headers.headers()),
          'content-type': toJson === undefined ? 'application/x-protobuf' : 'application/json',
          ...(compression !== 'none' && { 'content-encoding': compression }),
        },
        parts,
        length: bytes,
        timeout,
      });
    } catch (error) {
      return { kind: 'retry', reason: faultOf(error as Error) };
    }
    return outcomeOf(response, batch.signal);
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}
