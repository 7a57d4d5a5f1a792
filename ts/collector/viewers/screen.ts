// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeOut } from '../standard-output.js';

const ESCAPE = '\u001b[';
/** The other screen, without cursor and without wrapping of long lines; and back. */
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
const HOME = `${ESCAPE}H`;
const CLEAR_LINE = `${ESCAPE}K`;
const CLEAR_BELOW = `${ESCAPE}J`;

const CONTROL_C = '\u0003';

/** A terminal that shows one page at a time, and takes keys. The user's own screen is as it was when it is closed. */
export class Screen {
  readonly #onKey = (key: Buffer) => this.#take(key.toString('utf8'));
  readonly #quit: () => void;
  readonly #redraw: () => void;

  /** @param quit for q, Escape and Control-C. @param redraw when the size has changed. */
  constructor(quit: () => void, redraw: () => void) {
    this.#quit = quit;
    this.#redraw = redraw;
    process.stdout.write(ENTER);
    process.stdout.on('resize', this.#redraw);
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      process.stdin.on('data', this.#onKey);
    }
    // Whatever ends the process, the terminal is to be usable.
    process.once('exit', restore);
  }

  get width(): number {
    return process.stdout.columns ?? 80;
  }

  get height(): number {
    return process.stdout.rows ?? 24;
  }

  async show(lines: readonly string[]): Promise<void> {
    await writeOut(`${HOME}${lines.map((line) => line + CLEAR_LINE).join('\r\n')}${CLEAR_BELOW}`);
  }

  close(): void {
    process.stdout.off('resize', this.#redraw);
    process.off('exit', restore);
    restore();
    process.stdin.off('data', this.#onKey);
    process.stdin.pause();
  }

  #take(key: string): void {
    if (key === 'q' || key === '\u001b' || key === CONTROL_C) this.#quit();
  }
}

function restore(): void {
  process.stdout.write(LEAVE);
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
}
