// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { CollectorConfig } from '../config/collector-config.js';
import type { SettledCounters } from '../telemetry/counters.js';
import type { ComponentContext, Exporter } from './component.js';
import { Graph } from './graph.js';
import { metricStreamOf } from './metric-streams.js';
import { Pipeline } from './pipeline.js';

/** What all components of a run share. */
export interface SharedContext extends Omit<ComponentContext, 'id'> {
  settled: SettledCounters;
}

/** The exporters of a configuration, by name: those in `kept`, the others new; those that no pipeline names are not made. */
export function buildExporters(
  config: CollectorConfig,
  shared: SharedContext,
  kept: ReadonlyMap<string, Exporter>,
): Map<string, Exporter> {
  const used = new Set([...config.pipelines.values()].flatMap(({ exporters }) => exporters));
  const named = [...config.exporters].filter(([id]) => used.has(id));
  return new Map(
    named.map(([id, { factory, config }]) => [id, kept.get(id) ?? factory.create(config, { id, ...shared })]),
  );
}

/** The pipelines of a configuration over its exporters. Every pipeline has processors of its own. */
export function buildGraph(
  config: CollectorConfig,
  exporters: ReadonlyMap<string, Exporter>,
  shared: SharedContext,
  onSettled: () => void,
): Graph {
  const receivers = new Map<Pipeline, readonly string[]>();
  for (const [name, entry] of config.pipelines) {
    const destinations = entry.exporters.map((id) => exporters.get(id)!);
    receivers.set(buildPipeline(config, name, destinations, shared), entry.receivers);
  }
  return new Graph([...receivers.keys()], receivers, shared.settled, onSettled);
}

/** One pipeline of a configuration, with these exporters in place of its own. */
export function buildPipeline(
  config: CollectorConfig,
  name: string,
  exporters: readonly Exporter[],
  shared: SharedContext,
): Pipeline {
  const { signal, processors } = config.pipelines.get(name)!;
  const steps = processors.map((id, position) => {
    const { factory, config: settings } = config.processors.get(id)!;
    const context = { id, position, pipeline: name, signal, ...shared };
    return {
      id,
      make: (next: Parameters<typeof factory.create>[1]['next']) => factory.create(settings, { ...context, next }),
    };
  });
  return new Pipeline(name, signal, steps, exporters, metricStreamOf(config, name)?.name);
}
