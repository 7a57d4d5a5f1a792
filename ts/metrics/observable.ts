// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Observable, ObservableCallback } from '@opentelemetry/api';
import type { InstrumentDescriptor } from './descriptor.js';
import type { Stream } from './stream.js';

/** Where the callbacks of a provider's instruments are. */
export interface CallbackList {
  add(callback: ObservableCallback, instrument: MmapObservable): void;
  remove(callback: ObservableCallback, instrument: MmapObservable): void;
}

/** An asynchronous instrument of any kind: its callbacks are asked on every export interval. */
export class MmapObservable implements Observable {
  readonly descriptor: InstrumentDescriptor;
  readonly streams: readonly Stream[];
  readonly #callbacks: CallbackList;

  constructor(descriptor: InstrumentDescriptor, streams: readonly Stream[], callbacks: CallbackList) {
    this.descriptor = descriptor;
    this.streams = streams;
    this.#callbacks = callbacks;
  }

  addCallback(callback: ObservableCallback): void {
    this.#callbacks.add(callback, this);
  }

  removeCallback(callback: ObservableCallback): void {
    this.#callbacks.remove(callback, this);
  }
}
