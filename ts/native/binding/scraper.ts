// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Metrics of files in Prometheus' formats. It looks as a viewer does, keeps no series, and works on threads of the pool. */
export interface NativeScraper {
  /** The next chunk begins a scrape of what there is then; one that was not read to its end is given up. */
  begin(openMetrics: boolean): void;
  /** About `length` bytes of whole lines; null at the end of the scrape. One call at a time. */
  chunk(length: number): Promise<Buffer | null>;
  /** Instruments left out since the start, as another of that name has another kind. */
  conflicts(): number;
}

/** Metrics for Prometheus. */
export interface ScraperCalls {
  createScraper(directories: string[], files: string[]): NativeScraper;
}
