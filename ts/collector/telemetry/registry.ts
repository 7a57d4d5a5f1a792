// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Signal } from '../batch.js';
import type { HistogramValue } from './distribution.js';

/** What a metric of the collector's own is. */
export interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  /** UCUM; `{items}` and the like for counts of things. */
  unit: string;
  help: string;
  labels: readonly string[];
  /** Only with `service.telemetry.metrics.level: detailed`. */
  detailed?: boolean;
}

const counter = (help: string, unit: string, ...labels: string[]): MetricDefinition => ({
  type: 'counter',
  unit,
  help,
  labels,
});
const gauge = (help: string, unit: string, ...labels: string[]): MetricDefinition => ({
  type: 'gauge',
  unit,
  help,
  labels,
});
const histogram = (help: string, unit: string, ...labels: string[]): MetricDefinition => ({
  type: 'histogram',
  unit,
  help,
  labels,
});

const ITEMS = [
  ['spans', 'Spans'],
  ['log_records', 'Log records'],
  ['metric_points', 'Data points'],
] as const;

/** What the metrics of a signal call its items. */
export const ITEM_METRIC_NAMES = {
  traces: 'spans',
  logs: 'log_records',
  metrics: 'metric_points',
} as const satisfies Record<Signal, string>;

type Item = (typeof ITEMS)[number][0];

/** One metric for each kind of items, as in `receiver_accepted_spans`. */
function perItem<P extends string>(
  prefix: P,
  help: string,
  ...labels: string[]
): Record<`${P}_${Item}`, MetricDefinition> {
  const entries = ITEMS.map(([item, name]) => [
    `${prefix}_${item}`,
    counter(`${name} ${help}`, `{${item}}`, ...labels),
  ]);
  return Object.fromEntries(entries) as Record<`${P}_${Item}`, MetricDefinition>;
}

/**
 * Every metric of the collector's own, by its name without `otelcol_`. Names, labels and meanings are the OpenTelemetry
 * Collector's where it has the same; docs/collector-metrics.md is generated from this.
 */
export const METRICS = {
  ...perItem('receiver_accepted', 'that went into a pipeline.', 'receiver', 'transport'),
  ...perItem(
    'receiver_refused',
    'that no pipeline takes. What waits in a file while the intake is held is not counted: it is not lost.',
    'receiver',
    'transport',
  ),
  ...perItem(
    'receiver_failed',
    'lost since a record of theirs cannot be decoded: each such record counts.',
    'receiver',
    'transport',
  ),
  receiver_paused_time: counter(
    'Time during which nothing was read, for want of memory or room in a queue.',
    's',
    'receiver',
  ),
  receiver_attached_files: gauge('Files being read.', '{files}', 'receiver'),
  receiver_set_aside_files: counter(
    'Files whose structure cannot be right; each is named in the log.',
    '{files}',
    'receiver',
  ),
  receiver_removed_files: counter(
    'Files of ended processes that were delivered whole and removed.',
    '{files}',
    'receiver',
  ),
  receiver_swept_baselines: counter(
    'What delta streams had exported of files that were removed by others, removed.',
    '{files}',
    'receiver',
  ),
  receiver_records: counter('Records taken from rings.', '{records}', 'receiver', 'ring'),
  receiver_ring_records: gauge('Records in rings that are not acknowledged yet.', '{records}', 'receiver', 'ring'),
  receiver_ring_fullest: gauge(
    'How full the fullest ring of all files is: at 1 its app loses records.',
    '1',
    'receiver',
    'ring',
  ),
  receiver_quarantined_records: counter('Records that could not be decoded.', '{records}', 'receiver'),
  receiver_undecodable_parts: counter(
    'Parts of records that could not be decoded. An `attribute`, `body` or `link` is left out; for a `reference` to a scope or resource an empty one stands in; in a `text` what is not UTF-8 became U+FFFD.',
    '{parts}',
    'receiver',
    'part',
  ),
  receiver_lost_spills: counter(
    'Values taken cut, as the whole ones were not in the file any more.',
    '{values}',
    'receiver',
  ),
  receiver_skipped_series: counter(
    'Series in metric cells that cannot be right, counted at each collection.',
    '{series}',
    'receiver',
  ),
  receiver_skipped_slots: counter('Slots that an ended process claimed and never published.', '{slots}', 'receiver'),
  receiver_dropped_records: counter(
    'Losses that apps counted in their files, by `reason`: `full` (the ring), `too_large` (for a slot), `disk` (no file could be made or grown), `disabled` (the provider was shut down), `limit` (of the dictionary, the series, or the folder); `truncated` is a record of which a value was cut.',
    '{records}',
    'receiver',
    'ring',
    'reason',
  ),
  receiver_open_spans: gauge('Spans that have started and not ended, held in memory.', '{spans}', 'receiver'),
  receiver_incomplete_spans: counter('Spans whose process ended before they did.', '{spans}', 'receiver'),
  receiver_evicted_spans: counter(
    'Open spans that were exported early because too many were held.',
    '{spans}',
    'receiver',
  ),
  receiver_orphaned_records: counter(
    'Records of spans whose start is not known, which are lost.',
    '{records}',
    'receiver',
  ),
  receiver_unacknowledged_bytes: gauge(
    'Bytes on their way to destinations; their records are in the journal or, without one, still in the files.',
    'By',
    'receiver',
  ),
  receiver_journal_bytes: gauge('Bytes on the disk that the journal takes.', 'By', 'receiver'),
  receiver_journal_segments: gauge('Files of the journal.', '{segments}', 'receiver'),
  receiver_journal_oldest_age: gauge(
    'Age of the oldest file of the journal that holds something for a destination; 0 when none does.',
    's',
    'receiver',
  ),
  receiver_journal_refusing: gauge(
    '1 while the journal cannot be written and nothing is read: telemetry stays in the rings.',
    '1',
    'receiver',
  ),
  receiver_journal_transactions: counter('Transactions of the journal.', '{transactions}', 'receiver'),
  receiver_journal_written_bytes: counter('Bytes written to the journal.', 'By', 'receiver'),
  receiver_journal_damaged_pieces: counter(
    'Pieces that could not be read back from the journal, counted once a destination.',
    '{pieces}',
    'receiver',
  ),
  receiver_journal_pending_bytes: gauge(
    'Bytes in the journal that a destination neither took nor lost, those included that it holds in memory.',
    'By',
    'receiver',
    'destination',
  ),
  receiver_journal_pending_items: gauge(
    'Items that a destination neither took nor lost.',
    '{items}',
    'receiver',
    'destination',
    'otel_signal',
  ),
  receiver_journal_dropped_items: counter(
    'Items that were given up because the journal was full or they were too old.',
    '{items}',
    'receiver',
    'destination',
    'otel_signal',
  ),
  receiver_journal_replayed_items: counter(
    'Items that a destination got out of the journal, after they had waited there.',
    '{items}',
    'receiver',
    'destination',
    'otel_signal',
  ),
  receiver_journal_found_items: counter(
    'Items that waited in the journal at the start: of these, a destination gets twice what was in flight when the collector before died.',
    '{items}',
    'receiver',
    'destination',
    'otel_signal',
  ),
  processor_incoming_items: counter('Items that a processor was given.', '{items}', 'processor', 'otel_signal'),
  processor_outgoing_items: counter('Items that a processor handed on.', '{items}', 'processor', 'otel_signal'),
  processor_batch_batch_size_trigger_send: counter('Batches that were sent for their size.', '{times}', 'processor'),
  processor_batch_timeout_trigger_send: counter(
    'Batches that were sent when their time was up.',
    '{times}',
    'processor',
  ),
  processor_batch_batch_send_size: histogram('Items in a batch.', '{units}', 'processor'),
  processor_batch_batch_send_size_bytes: { ...histogram('Bytes in a batch.', 'By', 'processor'), detailed: true },
  ...perItem('processor_memory_limiter_accepted', 'that passed the memory limiter.', 'processor'),
  ...perItem(
    'processor_memory_limiter_refused',
    'that the memory limiter turned away: always 0, since it leaves them in their files (see otelcol_receiver_paused_time).',
    'processor',
  ),
  ...perItem('exporter_sent', 'that a destination took.', 'exporter'),
  ...perItem('exporter_send_failed', 'that a destination refused for good, or that were given up.', 'exporter'),
  ...perItem('exporter_enqueue_failed', 'that found the sending queue full and were dropped.', 'exporter'),
  ...perItem(
    'exporter_rejected',
    'that a destination took a request of and rejected all the same (partial success).',
    'exporter',
  ),
  exporter_retries: counter('Attempts that have to be repeated.', '{requests}', 'exporter', 'otel_signal'),
  exporter_queue_size: gauge('Batches in the sending queue.', '{batches}', 'exporter'),
  exporter_queue_capacity: gauge('Batches that the sending queue holds.', '{batches}', 'exporter'),
  exporter_in_flight_requests: gauge('Requests without an answer yet.', '{requests}', 'exporter'),
  process_uptime: counter('Time since the start of the process.', 's'),
  process_cpu_seconds: counter('CPU time of the process, user and system.', 's'),
  process_memory_rss: gauge('Resident memory of the process, mapped files included.', 'By'),
  process_runtime_heap_alloc_bytes: gauge('Memory in use by JavaScript objects.', 'By'),
  process_runtime_total_sys_memory_bytes: gauge(
    'Memory that JavaScript, its buffers and the native reader hold; mapped files excluded.',
    'By',
  ),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** One value of one series. Series with the same labels are added up. */
export interface Measurement {
  metric: MetricName;
  labels?: Readonly<Record<string, string>>;
  value: number | HistogramValue;
}
