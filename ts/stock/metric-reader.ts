// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { type ExportTimes, limitTimeout, readExportTimes } from '../config/metrics.js';
import type { PlaceOptions } from '../producer/options.js';
import type { StockMetricProducer } from './metric-data.js';
import { MmapMetricExporter, type StockAggregation } from './metric-exporter.js';

export interface MmapMetricReaderOptions extends PlaceOptions {
  /** How often metrics are collected, in milliseconds. Default: OTEL_METRIC_EXPORT_INTERVAL, else 60,000. */
  exportIntervalMillis?: number;
  /** How long callbacks may take, in milliseconds. Default: OTEL_METRIC_EXPORT_TIMEOUT, else 30,000; at most the interval. */
  exportTimeoutMillis?: number;
  /** Series of an instrument, as the stock readers' `cardinalityLimits`. Default 2000. */
  cardinalityLimit?: number;
}

const SERIES_LIMIT = 2_000;

/** Reader for the stock MeterProvider (2.x and 3.x) that stores what it collects into the cells of the memory-mapped file. */
export class MmapMetricReader {
  readonly #exporter: MmapMetricExporter;
  readonly #times: ExportTimes;
  readonly #cardinalityLimit: number;
  #producer: StockMetricProducer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isShutDown = false;

  constructor(options: MmapMetricReaderOptions = {}) {
    const { exportIntervalMillis, exportTimeoutMillis, cardinalityLimit, ...place } = options;
    const { interval, timeout } = readExportTimes(process.env);
    const isChosen = exportTimeoutMillis !== undefined;
    this.#times = limitTimeout(exportIntervalMillis ?? interval, exportTimeoutMillis ?? timeout, isChosen);
    this.#cardinalityLimit = cardinalityLimit ?? SERIES_LIMIT;
    this.#exporter = new MmapMetricExporter(place);
  }

  /** Called by the MeterProvider that the reader is given to. @throws Error when it belongs to one already. */
  setMetricProducer(producer: StockMetricProducer): void {
    if (this.#producer !== undefined) {
      throw new Error('otlp-mmap: a metric reader belongs to one MeterProvider: make one for each');
    }
    this.#producer = producer;
    this.#timer = setInterval(() => void this.#store(), this.#times.interval);
    this.#timer.unref();
  }

  selectAggregation(instrumentType: unknown): StockAggregation {
    return this.#exporter.selectAggregation(instrumentType);
  }

  selectAggregationTemporality(instrumentType: unknown): number {
    return this.#exporter.selectAggregationTemporality(instrumentType);
  }

  selectCardinalityLimit(_instrumentType: unknown): number {
    return this.#cardinalityLimit;
  }

  /** What the SDK has now. @throws Error (as a rejection) when the reader belongs to no MeterProvider. */
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's own result, handed through; its type is that of whichever version it is
  async collect(options?: { timeoutMillis?: number }): Promise<any> {
    if (this.#producer === undefined) throw new Error('otlp-mmap: the metric reader belongs to no MeterProvider');
    return this.#producer.collect(options);
  }

  /** Stores what there is and resolves when the collector has exported it; rejects, naming what is in the way. */
  async forceFlush(_options?: { timeoutMillis?: number }): Promise<void> {
    if (this.#isShutDown) return;
    await this.#store();
    await this.#exporter.forceFlush();
  }

  /** Stores what there is and ends. It does not wait for the collector: what was stored is in the file. */
  async shutdown(_options?: { timeoutMillis?: number }): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    clearInterval(this.#timer);
    await this.#store();
    await this.#exporter.shutdown();
  }

  /** Collects and stores; who asks while that goes on waits for it. Never rejects. */
  #store(): Promise<void> {
    this.#running ??= this.#collectAndExport().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #collectAndExport(): Promise<void> {
    if (this.#producer === undefined) return;
    try {
      const { resourceMetrics, errors } = await this.#producer.collect({ timeoutMillis: this.#times.timeout });
      if (errors.length > 0) diag.warn('otlp-mmap: callbacks of metrics failed', ...errors);
      await new Promise<void>((resolve, reject) => {
        this.#exporter.export(resourceMetrics, ({ error }) => (error === undefined ? resolve() : reject(error)));
      });
    } catch (error) {
      diag.error('otlp-mmap: metrics could not be stored', error);
    }
  }
}
