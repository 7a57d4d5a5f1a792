// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { MmapMeterProviderOptions } from '../../ts/metrics/options';
import { MmapMeterProvider } from '../../ts/metrics/provider';
import type { FlatMetric } from './metric-json';
import { metricsIn, withDirectory } from './written-files';

/** A meter provider of its own with its folder, and what is in its file at any moment. */
export interface Metering {
  directory: string;
  provider: MmapMeterProvider;
  metrics(): FlatMetric[];
  /** The points of the metric of a name: attributes to value. */
  values(name: string): Record<string, unknown>;
}

/** Calls `use` with a provider that writes into a folder of its own; both are gone afterwards. */
export function metering<T>(
  options: MmapMeterProviderOptions,
  use: (metering: Metering) => T | Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const provider = new MmapMeterProvider({ directory, resourceDetectors: [], ...options });
    const metrics = () => metricsIn(directory);
    const values = (name: string) =>
      Object.fromEntries(
        metrics()
          .filter((metric) => metric.name === name)
          .flatMap(({ points }) => points.map(({ attributes, value }) => [attributes, value])),
      );
    try {
      return await use({ directory, provider, metrics, values });
    } finally {
      await provider.shutdown();
    }
  });
}
