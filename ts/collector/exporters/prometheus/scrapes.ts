// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeScraper } from '../../../native/binding.js';

/** Bytes that are made, and held, at a time. */
const CHUNK = 64 << 10;

/**
 * Scrapes of the same files, each by a scraper of its own, so that a client that stops reading holds up nobody else. None is ever in
 * memory as a whole.
 */
export class Scrapes {
  readonly #create: () => NativeScraper;
  /** As many as there were scrapes at once; their buffers are used again. */
  readonly #idle: NativeScraper[] = [];

  constructor(create: () => NativeScraper) {
    this.#create = create;
  }

  /** The lines of a scrape of what there is now. */
  async *read(openMetrics: boolean): AsyncGenerator<Buffer> {
    const scraper = this.#idle.pop() ?? this.#create();
    try {
      scraper.begin(openMetrics);
      for (let chunk = await scraper.chunk(CHUNK); chunk !== null; chunk = await scraper.chunk(CHUNK)) {
        if (chunk.length > 0) yield chunk;
      }
    } finally {
      this.#idle.push(scraper);
    }
  }
}
