// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Batch } from '../../batch.js';
import type { ListenAddress } from '../../config/schema/address.js';
import { HttpListener, pathOf } from '../../http-listener.js';
import type { Exporter } from '../../pipeline/component.js';
import { ExporterCounters, type ExporterStats } from '../../telemetry/counters.js';
import { takesGzip, wantsOpenMetrics } from './negotiation.js';
import type { Scrapes } from './scrapes.js';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Seconds after which a scraper that found no room may come again. */
const RETRY_AFTER = 5;

export interface PrometheusSettings {
  endpoint: ListenAddress;
  path: string;
  /** Scrapes at once: each holds a connection and a chunk, and walks all series. Prometheus servers are few, and each comes alone. */
  max_concurrent_scrapes: number;
  /** Milliseconds for one scrape, after which it is cut: a client that takes it drop by drop would keep others out. */
  timeout: number;
}

/**
 * Answers scrapes of Prometheus from the files themselves, as they are at that moment: running totals of every series, with exemplars in
 * OpenMetrics. It keeps no series, so what the pipeline brings it is settled at once.
 */
export class PrometheusExporter implements Exporter {
  readonly pending: ReadonlySet<Batch> = new Set();
  readonly #listener: HttpListener;
  readonly #settings: PrometheusSettings;
  readonly #scrapes: Scrapes;
  readonly #counters = new ExporterCounters();
  #scraping = 0;

  constructor(settings: PrometheusSettings, scrapes: Scrapes) {
    this.#settings = settings;
    this.#scrapes = scrapes;
    this.#listener = new HttpListener(settings.endpoint, (request, response) => this.#answer(request, response));
  }

  get target(): string {
    return `prometheus on ${this.#listener.address}${this.#settings.path}`;
  }

  start(): Promise<void> {
    return this.#listener.listen();
  }

  async release(): Promise<void> {
    if (this.#settings.endpoint.port !== 0) await this.#listener.close();
  }

  async deliver(batch: Batch): Promise<boolean> {
    this.#counters.addSent(batch, 0);
    return true;
  }

  retryNow(): void {}

  stats(): ExporterStats {
    return { signals: this.#counters.signals };
  }

  async retire(): Promise<void> {
    await this.#listener.close();
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { path, max_concurrent_scrapes: most, timeout } = this.#settings;
    if (pathOf(request) !== path) {
      response.writeHead(404).end(`metrics are at ${path}\n`);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const openMetrics = wantsOpenMetrics(request.headers.accept);
    const isZipped = takesGzip(request.headers['accept-encoding']?.toString());
    response.setHeader('content-type', openMetrics ? OPEN_METRICS : TEXT);
    response.setHeader('vary', 'accept, accept-encoding');
    if (isZipped) response.setHeader('content-encoding', 'gzip');
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    if (this.#scraping >= most) {
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      const reason = `${most} scrapes are under way, as many as are answered at once: come again\n`;
      response.writeHead(503, { 'retry-after': String(RETRY_AFTER), 'content-type': 'text/plain' }).end(reason);
      return;
    }
    this.#scraping++;
    const timer = setTimeout(() => response.destroy(), timeout);
    timer.unref();
    response.once('close', () => {
      clearTimeout(timer);
      this.#scraping--;
    });
    const lines = Readable.from(this.#scrapes.read(openMetrics));
    const sent = isZipped ? pipeline(lines, createGzip({ level: 1 }), response) : pipeline(lines, response);
    // Who went away in the middle needs no answer; for all else the cut connection tells that the scrape is not whole.
    sent.catch(() => response.destroy());
  }
}
