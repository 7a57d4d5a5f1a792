// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { printable } from './terminal';

export type Level = 'error' | 'warn' | 'info' | 'debug';

const ORDER: readonly Level[] = ['error', 'warn', 'info', 'debug'];

/** Writes one line a message to standard error: time, level, text. */
export class Logger {
  readonly #threshold: number;
  readonly #write: (line: string) => void;

  constructor(level: Level, write: (line: string) => void = (line) => process.stderr.write(line)) {
    this.#threshold = ORDER.indexOf(level);
    this.#write = write;
  }

  log(level: Level, message: string): void {
    if (ORDER.indexOf(level) > this.#threshold) return;
    this.#write(`${new Date().toISOString()} ${level.padEnd(5)} ${printable(message)}\n`);
  }

  error(message: string): void {
    this.log('error', message);
  }

  warn(message: string): void {
    this.log('warn', message);
  }

  info(message: string): void {
    this.log('info', message);
  }

  debug(message: string): void {
    this.log('debug', message);
  }
}

/** Warnings of one source, at most one in each interval; what was held back is counted in the next. */
export class ThrottledWarnings {
  readonly #logger: Logger;
  readonly #interval: number;
  #next = 0;
  #suppressed = 0;

  /** @param interval Milliseconds between two warnings. */
  constructor(logger: Logger, interval = 30_000) {
    this.#logger = logger;
    this.#interval = interval;
  }

  warn(message: string): void {
    const now = performance.now();
    if (now < this.#next) {
      this.#suppressed++;
      return;
    }
    const more = this.#suppressed > 0 ? ` (and ${this.#suppressed} more since the last such warning)` : '';
    this.#logger.warn(message + more);
    this.#next = now + this.#interval;
    this.#suppressed = 0;
  }

  /** The condition ended: the next warning is shown at once. */
  reset(): void {
    this.#next = 0;
    this.#suppressed = 0;
  }
}
