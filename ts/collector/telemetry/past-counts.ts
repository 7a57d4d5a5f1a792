// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { METRICS, type Measurement } from './registry.js';
import { sumOf } from './series.js';

/** Only what grows: what a gauge showed of something that is gone is not true any more. */
export function countersOf(measurements: readonly Measurement[]): Measurement[] {
  return measurements.filter(({ metric }) => METRICS[metric].type !== 'gauge');
}

/**
 * Counts of components that are not in force any more. A reload makes processors anew, and exporters that it has otherwise; receivers
 * end and begin. Under the same name their counters go on, since one that steps back is taken for a restart of the process; and those
 * whose names are gone stay as they are, so that what came in and what went out still add up.
 */
export class PastCounts {
  readonly #sums = new Map<string, Measurement>();

  /** Adds what components had counted when they ended. */
  add(measurements: readonly Measurement[]): void {
    for (const measurement of countersOf(measurements)) {
      const key = seriesKey(measurement);
      const known = this.#sums.get(key);
      this.#sums.set(
        key,
        known === undefined ? measurement : { ...known, value: sumOf(known.value, measurement.value) },
      );
    }
  }

  get all(): Measurement[] {
    return [...this.#sums.values()];
  }
}

function seriesKey({ metric, labels = {} }: Measurement): string {
  return `${metric} ${JSON.stringify(Object.entries(labels).sort())}`;
}
