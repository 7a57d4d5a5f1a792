// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag, type MeterOptions, type MeterProvider, metrics } from '@opentelemetry/api';
import {
  chosenWord,
  EXEMPLAR_FILTERS,
  type ExportTimes,
  HISTOGRAM_AGGREGATIONS,
  type HistogramAggregation,
  limitTimeout,
  readExemplarFilter,
  readExportTimes,
  readHistogramAggregation,
} from '../config/metrics.js';
import { warnOnce } from '../config/warn-once.js';
import { scopeInput } from '../input/scope.js';
import type { WriterStatus } from '../native/binding/writer.js';
import { openProducer } from '../producer/open.js';
import type { Producer } from '../producer/producer.js';
import { Scope } from '../record/scope.js';
import { Callbacks } from './callbacks.js';
import { Cells } from './cells.js';
import { type InstrumentDescriptor, isObservable } from './descriptor.js';
import { MmapMeter } from './meter.js';
import type { MmapMeterProviderOptions } from './options.js';
import { Retirement } from './retirement.js';
import { publishSettings } from './settings.js';
import { Stream, type StreamOwner } from './stream.js';
import { StreamRegistry } from './stream-registry.js';
import { View } from './view.js';

/**
 * A meter provider for @opentelemetry/api whose numbers are in a memory-mapped file when the calls that changed them return. It
 * keeps no series on the JavaScript heap, and nothing in the app works through them: a collector reads them from the file.
 * It never throws but for views that select nothing; what cannot work is told through `diag`.
 */
export class MmapMeterProvider implements MeterProvider {
  readonly #producer: Producer | undefined;
  readonly #owner: StreamOwner | undefined;
  readonly #histograms: HistogramAggregation;
  readonly #views: readonly View[];
  readonly #times: ExportTimes;
  readonly #meters = new Map<string, MmapMeter>();
  readonly #streams = new Set<Stream>();
  /** Those of observable instruments. */
  readonly #observed = new Set<Stream>();
  #retirement: Retirement | undefined;
  readonly #callbacks = new Callbacks(() => this.#startTimer());
  #timer: NodeJS.Timeout | undefined;
  #collection: Promise<void> | undefined;
  #shutdown: Promise<void> | undefined;

  /** @throws Error when a view selects nothing in particular, or would give many metrics one name. */
  constructor(options: MmapMeterProviderOptions = {}) {
    this.#views = (options.views ?? []).map((view) => new View(view));
    this.#times = resolveTimes(options);
    const { histogramAggregation } = options;
    this.#histograms =
      chosenWord('histogramAggregation', histogramAggregation, HISTOGRAM_AGGREGATIONS) ??
      readHistogramAggregation(process.env);
    this.#producer = openProducer(options, 'measurements');
    if (this.#producer !== undefined) {
      publishSettings(this.#producer, options, this.#times);
      this.#owner = {
        writer: this.#producer.writer,
        cells: new Cells(this.#producer.writer, this.#times.interval),
        exemplarFilter:
          chosenWord('exemplarFilter', options.exemplarFilter, EXEMPLAR_FILTERS) ?? readExemplarFilter(process.env),
        cardinalityLimit: options.cardinalityLimit,
        isOpen: true,
      };
      const idle = positive('seriesIdleMillis', options.seriesIdleMillis);
      if (idle !== undefined) this.#retirement = new Retirement(this.#owner.cells, this.#streams, idle);
    }
  }

  /** A meter; the same name, version and schema URL give the same one. After `shutdown` its instruments record nothing. */
  getMeter(name: string, version?: string, options?: MeterOptions): MmapMeter {
    const { name: meterName, version: meterVersion = '', schemaUrl = '' } = scopeInput(name, version, options);
    const key = JSON.stringify([meterName, meterVersion, schemaUrl]);
    let meter = this.#meters.get(key);
    if (meter === undefined) {
      meter = this.#createMeter(meterName, meterVersion, schemaUrl);
      this.#meters.set(key, meter);
    }
    return meter;
  }

  #createMeter(name: string, version: string, schemaUrl: string): MmapMeter {
    const owner = this.#owner;
    if (owner === undefined || !owner.isOpen) return new MmapMeter(() => [], this.#callbacks);
    const scope = new Scope(name, version, schemaUrl);
    const identity = { name, version, schemaUrl };
    const registry = new StreamRegistry(
      identity,
      this.#views,
      this.#histograms,
      (plan) => new Stream(owner, scope, plan),
    );
    return new MmapMeter((descriptor) => this.#streamsOf(registry, descriptor), this.#callbacks);
  }

  #streamsOf(registry: StreamRegistry, descriptor: InstrumentDescriptor): readonly Stream[] {
    if (this.#owner?.isOpen !== true) return [];
    const streams = registry.streamsOf(descriptor);
    for (const stream of streams) this.#streams.add(stream);
    if (isObservable(descriptor.type)) for (const stream of streams) this.#observed.add(stream);
    return streams;
  }

  /** Makes this the API's meter provider. */
  register(): void {
    metrics.setGlobalMeterProvider(this);
  }

  /**
   * Asks the observable instruments, and resolves when all that was measured so far is exported. Nothing needs this for
   * safety: what a call returned from is in the file already.
   *
   * @throws Error (as a rejection) naming file and remedy: no collector reads it, or the time is up.
   */
  async forceFlush(options?: { timeoutMillis?: number }): Promise<void> {
    if (this.#producer === undefined || this.#owner?.isOpen !== true) return;
    await this.collect();
    await this.#producer.flush(options?.timeoutMillis);
  }

  /** Asks the observable instruments now, as otherwise on each interval. Never rejects. */
  collect(): Promise<void> {
    return heldOpen(this.#collect());
  }

  #collect(): Promise<void> {
    this.#collection ??= this.#observe().finally(() => {
      this.#collection = undefined;
    });
    return this.#collection;
  }

  async #observe(): Promise<void> {
    if (this.#observed.size === 0 || this.#owner?.isOpen !== true) return;
    try {
      const all = await this.#callbacks.call(this.#times.timeout);
      if (!this.#owner.isOpen) return;
      for (const observations of all) observations.store();
      for (const stream of this.#observed) stream.commitRound();
    } catch (error) {
      warnOnce('what observable instruments told could not be stored', error);
    }
  }

  #startTimer(): void {
    if (this.#timer !== undefined || this.#owner?.isOpen !== true) return;
    this.#timer = setInterval(() => void this.#collect(), this.#times.interval);
    this.#timer.unref();
  }

  /** Asks the observable instruments once more and ends recording. Later calls do nothing more. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#retirement?.close();
    await this.collect();
    if (this.#owner !== undefined) {
      this.#owner.isOpen = false;
      this.#owner.cells.close();
    }
    this.#meters.clear();
    this.#producer?.close();
    diag.debug('otlp-mmap: the meter provider is shut down');
  }

  /** Where the numbers are and how they fare; undefined when nothing can be recorded, or after `shutdown`. */
  status(): WriterStatus | undefined {
    return this.#owner?.isOpen === true ? this.#producer?.status() : undefined;
  }
}

/** Who asked waits for the answer, so the process does not end before: the interval's own collections keep nothing alive. */
async function heldOpen(collection: Promise<void>): Promise<void> {
  const hold = setInterval(() => {}, 60_000);
  try {
    await collection;
  } finally {
    clearInterval(hold);
  }
}

function resolveTimes(options: MmapMeterProviderOptions): ExportTimes {
  const fromEnvironment = readExportTimes(process.env);
  const interval = positive('exportIntervalMillis', options.exportIntervalMillis) ?? fromEnvironment.interval;
  const timeout = positive('exportTimeoutMillis', options.exportTimeoutMillis);
  return limitTimeout(interval, timeout ?? fromEnvironment.timeout, timeout !== undefined);
}

function positive(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isFinite(value) && value > 0)) return value;
  warnOnce(`${name} is ${value}, which is no time: it is left unset`);
  return undefined;
}
