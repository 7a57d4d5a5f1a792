// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch, Signal } from '../../batch';
import type { OtlpEndpoint } from '../../config/otlp-environment';
import { VERSION } from '../../version';
import type { Attempter, Outcome } from '../attempt';
import { outcomeOf } from './answer';
import { gzipOf } from './gzip';
import { PostClient, type PostResponse } from './post';

/** OTLP over HTTP with protobuf bodies. */
export class OtlpHttpExporter implements Attempter {
  readonly name = 'otlphttp';
  readonly target: string;
  readonly concurrency = 10;
  readonly #endpoints: Readonly<Record<Signal, OtlpEndpoint>>;
  readonly #client = new PostClient();

  constructor(endpoints: Readonly<Record<Signal, OtlpEndpoint>>) {
    this.#endpoints = endpoints;
    // Neither user name nor query: both may hold secrets.
    this.target = `otlphttp ${endpoints.traces.url.origin}${endpoints.traces.url.pathname}`;
  }

  async send(batch: Batch): Promise<Outcome> {
    const { url, headers, timeout, compression } = this.#endpoints[batch.signal];
    const body = compression === 'gzip' ? [await gzipOf(batch)] : batch.parts;
    let response: PostResponse;
    try {
      response = await this.#client.post({
        url,
        headers: {
          ...headers,
          'content-type': 'application/x-protobuf',
          'user-agent': `otlp-mmap-collector/${VERSION}`,
          ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
        },
        parts: body,
        length: compression === 'gzip' ? body[0].length : batch.bytes,
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

/** What went wrong on the way; a host name with several addresses has a fault for each. */
function faultOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join(', ');
  return error.message || error.name;
}
