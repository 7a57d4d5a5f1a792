// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Attributes, type Context, ValueType } from '@opentelemetry/api';
import { warnOnce } from '../config/warn-once.js';
import { type Cells, COMMIT_PUBLISHED, type Tick } from './cells.js';
import type { InstrumentDescriptor } from './descriptor.js';
import { NO_INSTRUMENT, type Stream } from './stream.js';
import { admit } from './values.js';

const { MAX_VALUE } = Number;
/** Stands for a cell where there is none: what is stored here is never looked at. */
const NOWHERE = new Float64Array(2);
const NEVER = -2;
const NO_TICK: Tick = { seconds: 0, epoch: -1 };

/**
 * An instrument with one set of attributes, for loops that cannot afford to look a series up. A counter with one stream adds in
 * two stores to the mapped file. Exemplars are taken only of calls that pass their context: to read the active one would cost ten times
 * the rest.
 */
export class BoundInstrument {
  readonly #descriptor: InstrumentDescriptor;
  readonly #streams: readonly Stream[];
  readonly #attributes: Attributes;
  readonly #least: number;
  readonly #isInteger: boolean;
  readonly #tick: Tick;
  readonly #series: number[] = [];
  /** What `#series` says holds in this epoch alone: in another one the same numbers are of other series. */
  #epoch = NEVER;
  /** Where the sum stands, when a plain store is all there is to do in this epoch; else `NOWHERE`, and never. */
  #cell: Float64Array = NOWHERE;
  #at = 0;
  #plainEpoch = NEVER;
  /** The instrument and the one series, when one call is all there is to do in this epoch. */
  readonly #cells: Cells | undefined;
  #instrument = 0;
  #only = 0;
  #directEpoch = NEVER;

  constructor(
    descriptor: InstrumentDescriptor,
    streams: readonly Stream[],
    attributes: Attributes | undefined,
    isNonNegative: boolean,
  ) {
    this.#descriptor = descriptor;
    this.#streams = streams;
    this.#attributes = copy(attributes);
    this.#least = isNonNegative ? 0 : -MAX_VALUE;
    this.#isInteger = descriptor.valueType === ValueType.INT;
    this.#cells = streams[0]?.owner.cells;
    this.#tick = this.#cells?.tick ?? NO_TICK;
    this.#resolve();
  }

  /** Adds `value`, which is in the file when this returns. Never throws. */
  add(value: number, context?: Context): void {
    if (
      this.#plainEpoch === this.#tick.epoch &&
      context === undefined &&
      typeof value === 'number' &&
      value >= this.#least &&
      value <= MAX_VALUE &&
      (!this.#isInteger || Number.isInteger(value))
    ) {
      this.#cell[this.#at] += value;
      this.#cell[this.#at + 1] = this.#tick.seconds;
    } else {
      this.#take(value, context);
    }
  }

  /** As `add`, for gauges and histograms. */
  record(value: number, context?: Context): void {
    if (
      this.#directEpoch === this.#tick.epoch &&
      context === undefined &&
      typeof value === 'number' &&
      value >= this.#least &&
      value <= MAX_VALUE &&
      (!this.#isInteger || Number.isInteger(value)) &&
      this.#cells!.record(this.#instrument, this.#only, value) === COMMIT_PUBLISHED
    ) {
      return;
    }
    this.#take(value, context);
  }

  #take(value: number, context: Context | undefined): void {
    const admitted = admit(this.#descriptor, value, this.#least === 0);
    if (admitted === undefined) return;
    if (this.#epoch !== this.#tick.epoch) this.#resolve();
    for (let i = 0; i < this.#streams.length; i++) {
      const stream = this.#streams[i];
      if (stream.recordFor(this.#series[i], admitted, this.#attributes, context)) continue;
      this.#resolve();
      stream.recordFor(this.#series[i], admitted, this.#attributes, context);
    }
  }

  #resolve(): void {
    const [stream] = this.#streams;
    for (let i = 0; i < this.#streams.length; i++) {
      this.#series[i] = this.#streams[i].seriesOf(this.#attributes);
      this.#streams[i].pin(this.#series[i]);
    }
    this.#epoch = this.#tick.epoch;
    const place = this.#streams.length === 1 ? stream.placeOf(this.#series[0]) : undefined;
    this.#plainEpoch = place === undefined ? NEVER : this.#tick.epoch;
    this.#cell = place?.window ?? NOWHERE;
    this.#at = place?.at ?? 0;
    this.#only = this.#series[0] ?? 0;
    this.#instrument = this.#streams.length === 1 ? stream.directInstrument(this.#only) : NO_INSTRUMENT;
    this.#directEpoch = this.#instrument === NO_INSTRUMENT ? NEVER : this.#tick.epoch;
  }
}

/** Later changes of the object make no difference. One that cannot be read is as good as none. */
function copy(attributes: Attributes | undefined): Attributes {
  try {
    return { ...attributes };
  } catch (error) {
    warnOnce('attributes to bind to cannot be read', error);
    return {};
  }
}
