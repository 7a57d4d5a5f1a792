// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeScraper } from '../../../native/binding.js';

/** Bytes that are made, and held, at a time. */
const CHUNK = 64 << 10;

/** Scrapes of one scraper, one after the other. None is ever in memory as a whole. */
export class Scrapes {
  readonly #scraper: NativeScraper;
  #last: Promise<void> = Promise.resolve();

  constructor(scraper: NativeScraper) {
    this.#scraper = scraper;
  }

  /** The lines of a scrape that begins when those before it are over, or were given up. */
  async *read(openMetrics: boolean): AsyncGenerator<Buffer> {
    const before = this.#last;
    let end = () => {};
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    try {
      await before;
      this.#scraper.begin(openMetrics);
      for (let chunk = await this.#scraper.chunk(CHUNK); chunk !== null; chunk = await this.#scraper.chunk(CHUNK)) {
        if (chunk.length > 0) yield chunk;
      }
    } finally {
      end();
    }
  }
}
