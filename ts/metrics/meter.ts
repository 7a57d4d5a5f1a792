// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { BatchObservableCallback, Meter, MetricOptions, Observable } from '@opentelemetry/api';
import type { Callbacks } from './callbacks.js';
import { createDescriptor, type InstrumentDescriptor, InstrumentType } from './descriptor.js';
import { MmapCounter, MmapGauge, MmapHistogram, MmapUpDownCounter } from './instruments.js';
import { MmapObservable } from './observable.js';
import type { Stream } from './stream.js';

/** Finds or makes the streams of an instrument. */
export type StreamSource = (descriptor: InstrumentDescriptor) => readonly Stream[];

/** Makes the instruments of one scope. Never throws. */
export class MmapMeter implements Meter {
  readonly #streamsOf: StreamSource;
  readonly #callbacks: Callbacks;

  constructor(streamsOf: StreamSource, callbacks: Callbacks) {
    this.#streamsOf = streamsOf;
    this.#callbacks = callbacks;
  }

  createCounter(name: string, options?: MetricOptions): MmapCounter {
    const descriptor = createDescriptor(name, InstrumentType.COUNTER, options);
    return new MmapCounter(descriptor, this.#streamsOf(descriptor));
  }

  createUpDownCounter(name: string, options?: MetricOptions): MmapUpDownCounter {
    const descriptor = createDescriptor(name, InstrumentType.UP_DOWN_COUNTER, options);
    return new MmapUpDownCounter(descriptor, this.#streamsOf(descriptor));
  }

  createGauge(name: string, options?: MetricOptions): MmapGauge {
    const descriptor = createDescriptor(name, InstrumentType.GAUGE, options);
    return new MmapGauge(descriptor, this.#streamsOf(descriptor));
  }

  createHistogram(name: string, options?: MetricOptions): MmapHistogram {
    const descriptor = createDescriptor(name, InstrumentType.HISTOGRAM, options);
    return new MmapHistogram(descriptor, this.#streamsOf(descriptor));
  }

  createObservableCounter(name: string, options?: MetricOptions): MmapObservable {
    return this.#createObservable(name, InstrumentType.OBSERVABLE_COUNTER, options);
  }

  createObservableGauge(name: string, options?: MetricOptions): MmapObservable {
    return this.#createObservable(name, InstrumentType.OBSERVABLE_GAUGE, options);
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): MmapObservable {
    return this.#createObservable(name, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, options);
  }

  #createObservable(name: string, type: InstrumentType, options: MetricOptions | undefined): MmapObservable {
    const descriptor = createDescriptor(name, type, options);
    return new MmapObservable(descriptor, this.#streamsOf(descriptor), this.#callbacks);
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.#callbacks.addBatch(callback, observables);
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.#callbacks.removeBatch(callback, observables);
  }
}
