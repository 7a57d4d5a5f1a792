// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { MetricStream } from '../../native/binding';
import type { CollectorConfig } from '../config/collector-config';

type Pipelines = Pick<CollectorConfig, 'pipelines' | 'processors'>;

/** Running totals of every series, as the files have them: what pipelines take that ask for nothing else. */
const TOTALS: MetricStream = { name: 'cumulative', temporality: 'cumulative' };

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
  return wishes.length === 0 ? TOTALS : Object.assign({ ...TOTALS }, ...wishes, { name: pipeline });
}

/** What a receiver collects metrics for: each stream once. Running totals when no pipeline takes metrics from it. */
export function metricStreamsOf(config: Pipelines, receiver: string): MetricStream[] {
  const streams = new Map<string, MetricStream>();
  for (const [name, { receivers }] of config.pipelines) {
    const stream = receivers.includes(receiver) ? metricStreamOf(config, name) : undefined;
    if (stream !== undefined) streams.set(stream.name, stream);
  }
  return streams.size === 0 ? [TOTALS] : [...streams.values()];
}
