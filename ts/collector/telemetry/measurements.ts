// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ReceiverStats, RingName } from '../../native/binding.js';
import { SIGNALS, type Signal } from '../batch.js';
import type { Memory } from '../memory.js';
import type { Exporter } from '../pipeline/component.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { SignalCounts } from './counters.js';
import { ITEM_METRIC_NAMES, type Measurement } from './registry.js';

const RINGS: readonly RingName[] = ['events', 'spans', 'measurements'];
/** Why an app loses records, and `truncated`, which loses none: a value that was cut. */
const DROP_REASONS = ['full', 'too_large', 'disk', 'disabled', 'limit', 'truncated'];

/** What a receiver's thread counts. */
export function receiverMeasurements(receiver: string, stats: ReceiverStats): Measurement[] {
  const labels = { receiver };
  // each ring and reason from the start: the first loss is an increase
  const drops = RINGS.flatMap((ring) =>
    DROP_REASONS.map(
      (reason): Measurement => ({
        metric: 'receiver_dropped_records',
        labels: { receiver, ring, reason },
        value: stats.writerDrops[ring]?.[reason] ?? 0,
      }),
    ),
  );
  const undecodable = Object.entries(stats.partsUndecodable).map(
    ([part, value]): Measurement => ({ metric: 'receiver_undecodable_parts', labels: { receiver, part }, value }),
  );
  // a span has several records, and how many spans they were of nobody can tell: records are counted
  const failed = SIGNALS.map(
    (signal): Measurement => ({
      metric: `receiver_failed_${ITEM_METRIC_NAMES[signal]}`,
      labels: { receiver, transport: 'mmap' },
      value: stats.recordsFailed[signal],
    }),
  );
  const byRing = (metric: Measurement['metric'], counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([ring, value]): Measurement => ({ metric, labels: { receiver, ring }, value }));
  return [
    { metric: 'receiver_attached_files', labels, value: stats.filesAttached },
    { metric: 'receiver_set_aside_files', labels, value: stats.filesSetAside },
    { metric: 'receiver_removed_files', labels, value: stats.filesRemoved },
    { metric: 'receiver_swept_baselines', labels, value: stats.baselinesSwept },
    ...byRing('receiver_records', stats.records),
    ...byRing('receiver_ring_records', stats.ringRecords),
    ...byRing('receiver_ring_fullest', stats.ringFullest),
    ...drops,
    ...failed,
    { metric: 'receiver_quarantined_records', labels, value: stats.recordsQuarantined },
    ...undecodable,
    { metric: 'receiver_lost_spills', labels, value: stats.spillsLost },
    { metric: 'receiver_skipped_series', labels, value: stats.seriesSkipped },
    { metric: 'receiver_skipped_slots', labels, value: stats.slotsSkipped },
    { metric: 'receiver_open_spans', labels, value: stats.spansOpen },
    { metric: 'receiver_incomplete_spans', labels, value: stats.spansIncomplete },
    { metric: 'receiver_evicted_spans', labels, value: stats.openSpansEvicted },
    { metric: 'receiver_orphaned_records', labels, value: stats.endsWithoutStart + stats.changesWithoutStart },
    { metric: 'receiver_unacknowledged_bytes', labels, value: stats.bytesUnacknowledged },
  ];
}

/** What the steps of a pipeline count. */
export function pipelineMeasurements({ signal, steps }: Pipeline): Measurement[] {
  return steps.flatMap(({ id, processor, incoming, outgoing }) => {
    const labels = { processor: id, otel_signal: signal };
    const own = (processor.stats?.() ?? []).map((each) => ({ ...each, labels: { processor: id, ...each.labels } }));
    return [
      { metric: 'processor_incoming_items', labels, value: incoming.items },
      { metric: 'processor_outgoing_items', labels, value: outgoing.items },
      ...own,
    ] as Measurement[];
  });
}

/** What an exporter counts. */
export function exporterMeasurements(exporter: string, instance: Exporter): Measurement[] {
  const { signals, queueSize, queueCapacity, inFlight, enqueueFailed } = instance.stats();
  const labels = { exporter };
  const items = SIGNALS.flatMap((signal): Measurement[] => {
    const { sent, rejected, failed, retries } = signals[signal] ?? { sent: 0, rejected: 0, failed: 0, retries: 0 };
    const item = ITEM_METRIC_NAMES[signal];
    return [
      { metric: `exporter_sent_${item}`, labels, value: sent },
      { metric: `exporter_send_failed_${item}`, labels, value: failed },
      { metric: `exporter_enqueue_failed_${item}`, labels, value: enqueueFailed?.[signal] ?? 0 },
      { metric: `exporter_rejected_${item}`, labels, value: rejected },
      { metric: 'exporter_retries', labels: { exporter, otel_signal: signal }, value: retries },
    ];
  });
  const gauges: [Measurement['metric'], number | undefined][] = [
    ['exporter_queue_size', queueSize],
    ['exporter_queue_capacity', queueCapacity],
    ['exporter_in_flight_requests', inFlight],
  ];
  const known = gauges.flatMap(([metric, value]) => (value === undefined ? [] : [{ metric, labels, value }]));
  return [...items, ...known];
}

/** The reverse: by exporter and signal, each signal that something happened to. Measurements of one series are added up. */
export function exporterCountsOf(
  measurements: readonly Measurement[],
): Record<string, Partial<Record<Signal, SignalCounts>>> {
  const found: Record<string, Partial<Record<Signal, SignalCounts>>> = {};
  for (const { metric, labels = {}, value } of measurements) {
    if (labels.exporter === undefined) continue;
    found[labels.exporter] ??= {};
    const counted = countOf(metric, labels);
    if (counted === undefined || value === 0) continue;
    const [signal, count] = counted;
    found[labels.exporter][signal] ??= { sent: 0, rejected: 0, failed: 0, retries: 0 };
    found[labels.exporter][signal]![count] += value as number;
  }
  return found;
}

function countOf(
  metric: Measurement['metric'],
  labels: Readonly<Record<string, string>>,
): [Signal, keyof SignalCounts] | undefined {
  if (metric === 'exporter_retries') return [labels.otel_signal as Signal, 'retries'];
  for (const signal of SIGNALS) {
    const item = ITEM_METRIC_NAMES[signal];
    if (metric === `exporter_sent_${item}`) return [signal, 'sent'];
    if (metric === `exporter_rejected_${item}`) return [signal, 'rejected'];
    if (metric === `exporter_send_failed_${item}`) return [signal, 'failed'];
  }
  return undefined;
}

/** What the system says of this process. */
export function processMeasurements(memory: Memory): Measurement[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    { metric: 'process_uptime', value: process.uptime() },
    { metric: 'process_cpu_seconds', value: (user + system) / 1e6 },
    { metric: 'process_memory_rss', value: rss },
    { metric: 'process_runtime_heap_alloc_bytes', value: heapUsed },
    { metric: 'process_runtime_total_sys_memory_bytes', value: memory.used() },
  ];
}
