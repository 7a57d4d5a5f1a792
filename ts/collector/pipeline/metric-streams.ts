// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { MetricStream } from '../../native/binding.js';
import type { CollectorConfig } from '../config/collector-config.js';

type Pipelines = Pick<CollectorConfig, 'pipelines' | 'processors'>;

/** Every series with the temporality that its app prefers, else running totals: what pipelines take that ask for nothing else. */
const DEFAULT: MetricStream = { name: 'default' };

/**
 * What a pipeline of metrics takes from its receivers: what its processors ask of them. Its baselines are kept under its name.
 *
 * @returns undefined for a pipeline of another signal.
 */
export function metricStreamOf({ pipelines, processors }: Pipelines, pipeline: string): MetricStream | undefined {
  const { signal, processors: ids } = pipelines.get(pipeline)!;
  if (signal !== 'metrics') return undefined;
  const wishes = ids.flatMap((id) => {
    const { factory, config } = processors.get(id)!;
    return factory.metricStream === undefined ? [] : [factory.metricStream(config)];
  });
  return wishes.length === 0 ? DEFAULT : Object.assign({ ...DEFAULT }, ...wishes, { name: pipeline });
}

/** What a receiver collects metrics for: each stream once. The default one when no pipeline takes metrics from it. */
export function metricStreamsOf(config: Pipelines, receiver: string): MetricStream[] {
  const streams = new Map<string, MetricStream>();
  for (const [name, { receivers }] of config.pipelines) {
    const stream = receivers.includes(receiver) ? metricStreamOf(config, name) : undefined;
    if (stream !== undefined) streams.set(stream.name, stream);
  }
  return streams.size === 0 ? [DEFAULT] : [...streams.values()];
}
