// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Amount, JournalStats } from '../../native/binding.js';
import { SIGNALS } from '../batch.js';
import type { Measurement } from './registry.js';

/** What a receiver's journal counts; nothing without one. */
export function journalMeasurements(receiver: string, stats: JournalStats | undefined): Measurement[] {
  if (stats === undefined) return [];
  const labels = { receiver };
  return [
    { metric: 'receiver_journal_bytes', labels, value: stats.bytes },
    { metric: 'receiver_journal_segments', labels, value: stats.segments },
    { metric: 'receiver_journal_oldest_age', labels, value: stats.oldest / 1000 },
    { metric: 'receiver_journal_refusing', labels, value: stats.refusal === undefined ? 0 : 1 },
    { metric: 'receiver_journal_transactions', labels, value: stats.transactions },
    { metric: 'receiver_journal_written_bytes', labels, value: stats.bytesWritten },
    { metric: 'receiver_journal_damaged_pieces', labels, value: stats.piecesDamaged },
    ...stats.destinations.flatMap(({ name, pending, dropped, replayed, found }) => {
      const items = (metric: Measurement['metric'], amount: Amount) =>
        SIGNALS.map(
          (signal): Measurement => ({
            metric,
            labels: { receiver, destination: name, otel_signal: signal },
            value: amount[signal],
          }),
        );
      return [
        {
          metric: 'receiver_journal_pending_bytes',
          labels: { receiver, destination: name },
          value: pending.bytes,
        } as const,
        ...items('receiver_journal_pending_items', pending),
        ...items('receiver_journal_dropped_items', dropped),
        ...items('receiver_journal_replayed_items', replayed),
        ...items('receiver_journal_found_items', found),
      ];
    }),
  ];
}
