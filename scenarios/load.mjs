// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import http from 'node:http';

/** Spans that one request makes: a server span each, and a client span for each request the app sends to itself. */
export const SPANS_OF_CHECKOUT = 5;
export const SPANS_OF_REPORT = 3;

/**
 * Sends requests to the app and keeps account of them, without any part of the telemetry: each request carries a trace id
 * that was drawn here, so that it is known which trace must hold how many spans.
 */
export class Load {
  /** Trace id to number of spans. */
  expected = new Map();
  answered = 0;
  inFlight = 0;
  #agent = new http.Agent({ keepAlive: true });
  #port;

  constructor(port) {
    this.#port = port;
  }

  get spansExpected() {
    return [...this.expected.values()].reduce((sum, spans) => sum + spans, 0);
  }

  /** `count` whole requests, `concurrency` of them at a time. */
  async checkouts(count, concurrency) {
    let left = count;
    const worker = async () => {
      while (left-- > 0) {
        const { response, traceId } = await this.#get('/checkout');
        for await (const _chunk of response);
        if (response.statusCode !== 200) throw new Error(`the app answered ${response.statusCode}`);
        this.expected.set(traceId, SPANS_OF_CHECKOUT);
        this.answered++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  }

  /** `count` requests that do not end. Resolves when the first line of each is here: by then all its spans have begun. */
  async reports(count) {
    const begin = async () => {
      const { response, traceId } = await this.#get('/report');
      response.on('error', () => {});
      await new Promise((resolve) => response.once('data', resolve));
      this.expected.set(traceId, SPANS_OF_REPORT);
      this.inFlight++;
      return traceId;
    };
    return Promise.all(Array.from({ length: count }, begin));
  }

  close() {
    this.#agent.destroy();
  }

  #get(path) {
    const traceId = randomBytes(16).toString('hex');
    const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, host: '127.0.0.1', port: this.#port, path, headers: { traceparent } };
      http.get(options, (response) => resolve({ response, traceId })).on('error', reject);
    });
  }
}
