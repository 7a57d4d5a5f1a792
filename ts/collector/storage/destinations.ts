// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { StorageDestination } from '../../native/binding.js';
import type { CollectorConfig } from '../config/collector-config.js';

/** One way out of a receiver: a pipeline, and one exporter at its end. The journal keeps a position for each. */
export interface Route {
  /** What the journal knows it by, as in `traces/2 to otlphttp`. */
  readonly name: string;
  readonly pipeline: string;
  readonly exporter: string;
  /** Place of the exporter in its pipeline. */
  readonly place: number;
}

/** Every way out of one receiver. */
export function routesOf(config: Pick<CollectorConfig, 'pipelines'>, receiver: string): Route[] {
  return [...config.pipelines].flatMap(([pipeline, { receivers, exporters }]) =>
    receivers.includes(receiver)
      ? exporters.map((exporter, place) => ({ name: `${pipeline} to ${exporter}`, pipeline, exporter, place }))
      : [],
  );
}

/** The same, as the journal wants it. */
export function destinationsOf(config: CollectorConfig, routes: readonly Route[]): StorageDestination[] {
  return routes.map(({ name, pipeline }) => ({ name, signals: [config.pipelines.get(pipeline)!.signal] }));
}

/**
 * Numbers by which the addon knows destinations. They stay as configurations change: known names keep theirs, new names get the
 * next ones.
 */
export class DestinationNumbers {
  readonly #numbers = new Map<string, number>();
  #next = 0;

  /** The destinations that there are from now on, in the order in which the addon is told of them. */
  set(names: readonly string[]): void {
    for (const name of [...this.#numbers.keys()]) {
      if (!names.includes(name)) this.#numbers.delete(name);
    }
    for (const name of names) {
      if (!this.#numbers.has(name)) this.#numbers.set(name, this.#next++);
    }
  }

  of(name: string): number | undefined {
    return this.#numbers.get(name);
  }
}
