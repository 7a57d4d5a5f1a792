// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { METRICS, type Measurement } from './registry.js';
import { sumOf } from './series.js';

/** Only what grows: what a gauge showed of something that is gone is not true any more. */
export function countersOf(measurements: readonly Measurement[]): Measurement[] {
  return measurements.filter(({ metric }) => METRICS[metric].type !== 'gauge');
}

/**
 * Counts of components whose configuration is not in force any more. A reload makes processors anew, and exporters that it has
 * otherwise; under the same name their counters go on, since one that steps back is taken for a restart of the process.
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

  /** With `more`, what has not ended yet: those of series that `current` has. What is out of the configuration is shown no more. */
  continued(current: readonly Measurement[], more: readonly Measurement[]): Measurement[] {
    const shown = new Set(current.map(seriesKey));
    return [...this.#sums.values(), ...countersOf(more)].filter((each) => shown.has(seriesKey(each)));
  }
}

function seriesKey({ metric, labels = {} }: Measurement): string {
  return `${metric} ${JSON.stringify(Object.entries(labels).sort())}`;
}
