// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Palette, paletteFor, printable } from './terminal.js';

export type Level = 'error' | 'warn' | 'info' | 'debug';

const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

/** How a message becomes a line, without its newline. */
export type LineFormat = (time: string, level: Level, message: string) => string;

/** Time, level, text. */
export function textLines({ bad, strong, faint }: Palette): LineFormat {
  const paint = { error: bad, warn: strong, info: (text: string) => text, debug: faint };
  return (time, level, message) => `${faint(time)} ${paint[level](level.padEnd(5))} ${printable(message)}`;
}

/** One JSON object a line. */
export const jsonLines: LineFormat = (time, level, message) => JSON.stringify({ time, level, message });

const plainLines = textLines(paletteFor({}));

/** Writes one line a message to standard error. */
export class Logger {
  #threshold: number;
  #format: LineFormat;
  readonly #write: (line: string) => void;

  constructor(level: Level, write: (line: string) => void = (line) => process.stderr.write(line), format = plainLines) {
    this.#threshold = LEVELS.indexOf(level);
    this.#write = write;
    this.#format = format;
  }

  /** What is written from now on, and how. */
  configure(level: Level, format: LineFormat): void {
    this.#threshold = LEVELS.indexOf(level);
    this.#format = format;
  }

  get isJson(): boolean {
    return this.#format === jsonLines;
  }

  log(level: Level, message: string): void {
    if (LEVELS.indexOf(level) > this.#threshold) return;
    this.#write(`${this.#format(new Date().toISOString(), level, message)}\n`);
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

  /** @returns Whether it is shown. */
  warn(message: string): boolean {
    const now = performance.now();
    if (now < this.#next) {
      this.#suppressed++;
      return false;
    }
    const more = this.#suppressed > 0 ? ` (and ${this.#suppressed} more since the last such warning)` : '';
    this.#logger.warn(message + more);
    this.#next = now + this.#interval;
    this.#suppressed = 0;
    return true;
  }
}
