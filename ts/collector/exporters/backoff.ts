// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

export interface BackoffSettings {
  /** Milliseconds before the second attempt. */
  initialInterval: number;
  /** Upper bound of the interval, before jitter. */
  maxInterval: number;
  multiplier: number;
  /** An interval is drawn evenly from ±this part of its length. */
  randomizationFactor: number;
}

export const DEFAULT_BACKOFF: BackoffSettings = {
  initialInterval: 1000,
  maxInterval: 30_000,
  multiplier: 1.5,
  randomizationFactor: 0.5,
};

/** Growing waits between attempts (exponential backoff with jitter). */
export class Backoff {
  readonly #settings: BackoffSettings;
  readonly #random: () => number;
  #interval: number;

  constructor(settings: BackoffSettings, random: () => number = Math.random) {
    this.#settings = settings;
    this.#random = random;
    this.#interval = settings.initialInterval;
  }

  /** Milliseconds to wait before the next attempt; never less than the destination asked for. */
  next(asked = 0): number {
    const { maxInterval, multiplier, randomizationFactor } = this.#settings;
    const interval = Math.min(this.#interval, maxInterval);
    this.#interval = interval * multiplier;
    const jittered = interval * (1 + randomizationFactor * (2 * this.#random() - 1));
    return Math.max(jittered, asked);
  }
}
