// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, byEndpoint, type Signal } from '../../batch.js';
import { type Logger, ThrottledWarnings } from '../../logger.js';
import type { Exporter, Onward } from '../../pipeline/component.js';
import type { ExporterStats, SignalCounts } from '../../telemetry/counters.js';

/** Addresses that are sent to at once: each has a queue and connections, and apps could name any number. */
const MOST = 32;
/** Milliseconds without telemetry after which an address leaves its place to another: its app is gone, or wants something else. */
const LONGEST_REST = 600_000;

/**
 * An exporter that is told no address: each batch goes where its apps want it, over a destination for each address, and to the default
 * one where they want nothing. None of them has anything secret to send along.
 */
export class FollowingExporter implements Exporter {
  readonly followsApps = true;
  readonly target: string;
  readonly #default: Exporter;
  /** In the order in which they were used last. */
  readonly #others = new Map<string, { exporter: Exporter; used: number }>();
  readonly #make: (url: string | undefined) => Exporter;
  readonly #warnings: ThrottledWarnings;
  readonly #now: () => number;
  /** What addresses had counted that left their places. */
  #past: ExporterStats = { signals: {} };
  #isRetired = false;

  /** @param make A destination with this address, or the default one. */
  constructor(id: string, logger: Logger, make: (url: string | undefined) => Exporter, now = () => performance.now()) {
    this.#now = now;
    this.#default = make(undefined);
    this.#make = make;
    this.#warnings = new ThrottledWarnings(logger);
    this.target = `${id} where the apps say, else ${this.#default.target}`;
  }

  get pending(): ReadonlySet<Batch> {
    return new Set(this.#all.flatMap(({ pending }) => [...pending]));
  }

  get full(): boolean {
    return this.#all.some(({ full }) => full);
  }

  async start(): Promise<void> {
    await this.#default.start?.();
  }

  async deliver(batch: Batch): Promise<boolean> {
    const delivered = byEndpoint(batch).map((each) => this.#destinationOf(each.pieces[0]?.endpoint).deliver(each));
    return (await Promise.all(delivered)).every(Boolean);
  }

  retryNow(): void {
    for (const each of this.#all) each.retryNow();
  }

  stats(): ExporterStats {
    return this.#all.map((each) => each.stats()).reduce(sumOf, this.#past);
  }

  async retire(onward: Onward | undefined): Promise<void> {
    // What still comes goes where the default destination has it go.
    this.#isRetired = true;
    await Promise.all(this.#all.map((each) => each.retire(onward)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((each) => each.close()));
  }

  get #all(): Exporter[] {
    return [this.#default, ...[...this.#others.values()].map(({ exporter }) => exporter)];
  }

  #destinationOf(url: string | undefined): Exporter {
    if (url === undefined || this.#isRetired) return this.#default;
    const known = this.#others.get(url);
    if (known !== undefined) return this.#use(url, known.exporter);
    if (!URL.canParse(url)) {
      this.#warnings.warn(
        `${this.target}: an app names an address that is none; its telemetry goes to the default one`,
      );
      return this.#default;
    }
    if (this.#others.size >= MOST && !this.#makeRoom()) {
      const remedy = 'name one endpoint in the configuration, or read these apps with another collector';
      this.#warnings.warn(
        `${this.target}: apps name more than ${MOST} addresses, others go to the default one; ${remedy}`,
      );
      return this.#default;
    }
    return this.#use(url, this.#make(url));
  }

  #use(url: string, exporter: Exporter): Exporter {
    this.#others.delete(url);
    this.#others.set(url, { exporter, used: this.#now() });
    return exporter;
  }

  /** False if every address is in use. */
  #makeRoom(): boolean {
    for (const [url, { exporter, used }] of this.#others) {
      if (this.#now() - used < LONGEST_REST) return false;
      if (exporter.pending.size > 0) continue;
      this.#others.delete(url);
      const { signals, enqueueFailed } = exporter.stats();
      this.#past = sumOf(this.#past, { signals, enqueueFailed });
      void exporter.close();
      return true;
    }
    return false;
  }
}

function sumOf(one: ExporterStats, other: ExporterStats): ExporterStats {
  const signals = { ...one.signals };
  for (const [signal, counts] of Object.entries(other.signals) as [Signal, SignalCounts][]) {
    const before = signals[signal] ?? { sent: 0, rejected: 0, failed: 0, retries: 0 };
    signals[signal] = {
      sent: before.sent + counts.sent,
      rejected: before.rejected + counts.rejected,
      failed: before.failed + counts.failed,
      retries: before.retries + counts.retries,
    };
  }
  const enqueueFailed = { ...one.enqueueFailed };
  for (const [signal, items] of Object.entries(other.enqueueFailed ?? {}) as [Signal, number][]) {
    enqueueFailed[signal] = (enqueueFailed[signal] ?? 0) + items;
  }
  const sum = (key: 'queueSize' | 'queueCapacity' | 'inFlight') => (one[key] ?? 0) + (other[key] ?? 0);
  return {
    signals,
    enqueueFailed,
    queueSize: sum('queueSize'),
    queueCapacity: sum('queueCapacity'),
    inFlight: sum('inFlight'),
  };
}
