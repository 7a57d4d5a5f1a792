// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { renameSync, writeFileSync } from 'node:fs';
import type { ReceiverStats, RingName } from '../../native/binding.js';
import type { Signal } from '../batch.js';
import type { SettledCounts, SignalCounts } from './counters.js';

/** What a collector has done since it started: the content of `--stats-file`. */
export interface Snapshot {
  version: string;
  pid: number;
  /** running, stopping, stopped; failed: it ended with something left over. */
  state: 'running' | 'stopping' | 'stopped' | 'failed';
  receiver: ReceiverStats;
  /** Items that left the collector, by signal. */
  settled: Partial<Record<Signal, SettledCounts>>;
  /** By name of the exporter, then by signal; they go on over a reload. */
  exporters: Record<string, Partial<Record<Signal, SignalCounts>>>;
}

/** The one line that a collector ends with. Its form is stable: words and `name=number` pairs; logs appear with the first. */
export function summaryLine({ receiver, settled }: Snapshot): string {
  const { exported = 0, failed = 0 } = settled.traces ?? {};
  const spans = `spans exported=${exported} incomplete=${receiver.spansIncomplete} dropped=${dropped(receiver, 'spans')} failed=${failed}`;
  const lostLogs = dropped(receiver, 'events');
  if (settled.logs === undefined && lostLogs === 0) return spans;
  return `${spans} logs exported=${settled.logs?.exported ?? 0} dropped=${lostLogs} failed=${settled.logs?.failed ?? 0}`;
}

/** Records that writers lost. A value that was cut is no lost record. */
function dropped({ writerDrops }: ReceiverStats, ring: RingName): number {
  const { truncated: _, ...lost } = writerDrops[ring] ?? {};
  return Object.values(lost).reduce((sum, count) => sum + count, 0);
}

/** Keeps a snapshot in a file, whole at every moment: it is written beside it and renamed. */
export class StatsFile {
  readonly #path: string;
  #written = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Writes if something changed. @throws the system's error. */
  write(snapshot: Snapshot): void {
    const text = `${JSON.stringify(snapshot)}\n`;
    if (text === this.#written) return;
    const temporary = `${this.#path}.${process.pid}.tmp`;
    writeFileSync(temporary, text);
    renameSync(temporary, this.#path);
    this.#written = text;
  }
}
