// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { RetrySettings } from './retry.js';

/** Growing waits between attempts (exponential backoff with jitter), and their end. */
export class Backoff {
  readonly #settings: RetrySettings;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #begin: number;
  #interval: number;

  /** @param now Milliseconds of a clock that never jumps. */
  constructor(
    settings: RetrySettings,
    random: () => number = Math.random,
    now: () => number = () => performance.now(),
  ) {
    this.#settings = settings;
    this.#random = random;
    this.#now = now;
    this.#begin = now();
    this.#interval = settings.initial_interval;
  }

  /** Milliseconds since the first attempt. */
  get elapsed(): number {
    return this.#now() - this.#begin;
  }

  /**
   * Milliseconds to wait before the next attempt; never less than the destination asked for. Undefined when that would be too
   * late: there is no other attempt.
   */
  next(asked = 0): number | undefined {
    const { enabled, max_interval, max_elapsed_time, multiplier, randomization_factor } = this.#settings;
    if (!enabled) return undefined;
    const interval = Math.min(this.#interval, max_interval);
    this.#interval = interval * multiplier;
    const jittered = interval * (1 + randomization_factor * (2 * this.#random() - 1));
    const wait = Math.max(jittered, asked);
    return max_elapsed_time > 0 && this.elapsed + wait > max_elapsed_time ? undefined : wait;
  }
}
