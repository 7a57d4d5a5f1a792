// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, BatchObservableResult, Observable, ObservableResult } from '@opentelemetry/api';
import type { MmapObservable } from './observable.js';
import type { Stream } from './stream.js';
import { admit } from './values.js';

const SMALLEST = 16;
const NEVER = -2;

/** Observed values with their series, outside the JavaScript heap: there may be a million. */
class Batch {
  streams = new Uint16Array(SMALLEST);
  series = new Int32Array(SMALLEST);
  values = new Float64Array(SMALLEST);
  /** Only where single measurements are mirrored. */
  readonly attributes: (Attributes | undefined)[] = [];
  length = 0;
  /** Of the series: in another one the same numbers are of other series. */
  epoch = NEVER;

  clear(): void {
    this.length = 0;
    this.attributes.length = 0;
  }

  add(stream: number, series: number, value: number): void {
    if (this.length === this.values.length) this.#grow();
    const at = this.length++;
    this.streams[at] = stream;
    this.series[at] = series;
    this.values[at] = value;
  }

  #grow(): void {
    const { streams, series, values } = this;
    const size = 2 * this.length;
    this.streams = new Uint16Array(size);
    this.series = new Int32Array(size);
    this.values = new Float64Array(size);
    this.streams.set(streams);
    this.series.set(series);
    this.values.set(values);
  }
}

/**
 * The observations of one callback: those of its last call that ended well, and those of the call that is going on. Series are
 * looked up at once, so nothing of the app's is held.
 */
export class Observations {
  /** The streams of all its instruments; batches name them by their place here. */
  readonly #streams: Stream[] = [];
  /** Where the streams of an instrument begin. */
  readonly #places = new Map<MmapObservable, number>();
  #kept = new Batch();
  #going = new Batch();
  #call = 0;
  #isOpen = false;
  #isFresh = false;

  constructor(instruments: readonly MmapObservable[]) {
    for (const instrument of instruments) {
      this.#places.set(instrument, this.#streams.length);
      this.#streams.push(...instrument.streams);
    }
  }

  get #epoch(): number {
    return this.#streams[0].owner.cells.tick.epoch;
  }

  /** A call begins. Returns its number. */
  begin(): number {
    this.#going.clear();
    this.#isOpen = true;
    this.#isFresh = false;
    return ++this.#call;
  }

  /** What a callback of one instrument is given. */
  resultOf(call: number, instrument: MmapObservable): ObservableResult {
    return { observe: (value: number, attributes?: Attributes) => this.#take(call, instrument, value, attributes) };
  }

  /** What a batch callback is given. Instruments that it did not name are none of its business. */
  batchResult(call: number): BatchObservableResult {
    return {
      observe: (metric: Observable, value: number, attributes?: Attributes) =>
        this.#take(call, metric as MmapObservable, value, attributes),
    };
  }

  /** The call ended well: its observations take the place of those before. */
  keep(call: number): void {
    if (call !== this.#call) return;
    this.#isOpen = false;
    this.#isFresh = true;
    const before = this.#kept;
    this.#kept = this.#going;
    this.#going = before;
  }

  /** The call failed, or takes too long: what it observes, also later, counts for nothing. */
  discard(call: number): void {
    if (call === this.#call) this.#isOpen = false;
  }

  /**
   * Stores what was kept, in the order in which it was observed: of two values of a series the later one stays. What was observed for a
   * file that is lost meanwhile is lost with it.
   */
  store(): void {
    const { streams, series, values, attributes, length, epoch } = this.#kept;
    if (length === 0 || epoch !== this.#epoch) return;
    for (let i = 0; i < length; i++) {
      this.#streams[streams[i]].observe(series[i], values[i], attributes[i], this.#isFresh);
    }
  }

  #take(call: number, instrument: MmapObservable, value: number, attributes: Attributes | undefined): void {
    const place = this.#places.get(instrument);
    if (place === undefined || call !== this.#call || !this.#isOpen) return;
    const admitted = admit(instrument.descriptor, value, false);
    if (admitted === undefined) return;
    const { streams } = instrument;
    for (let i = 0; i < streams.length; i++) {
      const series = streams[i].seriesOf(attributes);
      if (series <= 0) continue;
      if (this.#going.epoch !== this.#epoch) this.#going.clear();
      this.#going.epoch = this.#epoch;
      if (streams[i].isMirrored) this.#going.attributes[this.#going.length] = { ...attributes };
      this.#going.add(place + i, series, admitted);
    }
  }
}
