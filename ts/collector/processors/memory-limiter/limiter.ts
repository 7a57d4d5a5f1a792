// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Logger } from '../../logger.js';
import type { Memory } from '../../memory.js';
import type { Intake } from '../../pipeline/intake.js';
import type { Limits } from './settings.js';

/** Milliseconds between two collections while only the soft limit is passed, as in the OpenTelemetry Collector. */
const SOFT_PAUSE = 10_000;
/** The longest pause between two collections that do not help. */
const LONGEST_PAUSE = 60_000;

/** Looks at the memory now and then, and holds the intake while there is too much of it in use. */
export class MemoryLimiter {
  readonly #limits: Limits;
  readonly #memory: Memory;
  readonly #intake: Intake;
  readonly #name: string;
  readonly #logger: Logger;
  readonly #interval: number;
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  #holding = false;
  #collected = Number.NEGATIVE_INFINITY;
  /** Milliseconds until the next collection above the hard limit: twice as long after each that did not help. */
  #pause: number;

  /**
   * @param interval Milliseconds between two looks.
   * @param name For messages.
   */
  constructor(
    limits: Limits,
    interval: number,
    { memory, intake, name, logger }: { memory: Memory; intake: Intake; name: string; logger: Logger },
    now = () => performance.now(),
  ) {
    this.#limits = limits;
    this.#memory = memory;
    this.#intake = intake;
    this.#name = name;
    this.#logger = logger;
    this.#interval = interval;
    this.#pause = interval;
    this.#now = now;
    this.#timer = setInterval(() => this.check(), interval);
    this.#timer.unref();
  }

  get holding(): boolean {
    return this.#holding;
  }

  check(): void {
    const { soft, hard } = this.#limits;
    let used = this.#memory.used();
    if (
      used > soft &&
      this.#now() - this.#collected >= (used > hard ? this.#pause : Math.max(this.#pause, SOFT_PAUSE))
    ) {
      const before = used;
      this.#memory.collect();
      this.#collected = this.#now();
      used = this.#memory.used();
      this.#logger.info(
        `${this.#name}: ${mib(before)} in use, above the ${before > hard ? 'hard' : 'soft'} limit of ` +
          `${mib(before > hard ? hard : soft)}; ${mib(used)} after a garbage collection`,
      );
      this.#pause = used > soft ? Math.min(this.#pause * 2, LONGEST_PAUSE) : this.#interval;
    }
    this.#hold(used > soft, used);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#intake.letGo(this);
  }

  #hold(holding: boolean, used: number): void {
    if (holding === this.#holding) return;
    this.#holding = holding;
    if (holding) {
      this.#logger.warn(
        `${this.#name}: ${mib(used)} in use, above the soft limit of ${mib(this.#limits.soft)}: ` +
          'nothing is taken in, telemetry stays in the files',
      );
      this.#intake.hold(this);
    } else {
      this.#logger.info(`${this.#name}: ${mib(used)} in use, back within the limits`);
      this.#intake.letGo(this);
    }
  }
}

const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
