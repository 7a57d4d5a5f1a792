// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Attributes, type Context, type Counter, type Gauge, type Histogram, ValueType } from '@opentelemetry/api';
import { BoundInstrument } from './bound.js';
import type { InstrumentDescriptor } from './descriptor.js';
import type { Stream } from './stream.js';
import { admit } from './values.js';

const { MAX_VALUE } = Number;

/** A synchronous instrument: one stream for each view that selects it, nearly always a single one. */
abstract class SyncInstrument {
  readonly descriptor: InstrumentDescriptor;
  readonly streams: readonly Stream[];
  protected readonly isInteger: boolean;
  /** The stream, where there is a single one. */
  readonly #only: Stream | undefined;

  constructor(descriptor: InstrumentDescriptor, streams: readonly Stream[]) {
    this.descriptor = descriptor;
    this.streams = streams;
    this.isInteger = descriptor.valueType === ValueType.INT;
    this.#only = streams.length === 1 ? streams[0] : undefined;
  }

  /** A finite value that the instrument takes as it is. */
  protected take(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    if (this.#only !== undefined) {
      this.#only.record(value, attributes, context);
      return;
    }
    const { streams } = this;
    for (let i = 0; i < streams.length; i++) streams[i].record(value, attributes, context);
  }

  protected takeOdd(value: unknown, isNonNegative: boolean, attributes?: Attributes, context?: Context): void {
    const admitted = admit(this.descriptor, value, isNonNegative);
    if (admitted !== undefined) this.take(admitted, attributes, context);
  }
}

/** An instrument whose values may not be below 0. */
abstract class NonNegativeInstrument extends SyncInstrument {
  /** The instrument for one set of attributes, which is looked up here, once. */
  bind(attributes?: Attributes): BoundInstrument {
    return new BoundInstrument(this.descriptor, this.streams, attributes, true);
  }

  protected takeAny(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    if (typeof value === 'number' && value >= 0 && value <= MAX_VALUE && (!this.isInteger || Number.isInteger(value))) {
      this.take(value, attributes, context);
    } else {
      this.takeOdd(value, true, attributes, context);
    }
  }
}

/** An instrument of any values. */
abstract class SignedInstrument extends SyncInstrument {
  /** The instrument for one set of attributes, which is looked up here, once. */
  bind(attributes?: Attributes): BoundInstrument {
    return new BoundInstrument(this.descriptor, this.streams, attributes, false);
  }

  protected takeAny(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    if (
      typeof value === 'number' &&
      value >= -MAX_VALUE &&
      value <= MAX_VALUE &&
      (!this.isInteger || Number.isInteger(value))
    ) {
      this.take(value, attributes, context);
    } else {
      this.takeOdd(value, false, attributes, context);
    }
  }
}

export class MmapCounter extends NonNegativeInstrument implements Counter {
  /** Adds `value`, which is in the file when this returns. Never throws. */
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.takeAny(value, attributes, context);
  }
}

export class MmapUpDownCounter extends SignedInstrument implements Counter {
  /** Adds `value`, which may be below 0. Never throws. */
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.takeAny(value, attributes, context);
  }
}

export class MmapGauge extends SignedInstrument implements Gauge {
  /** `value` is what it is from now on. Never throws. */
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.takeAny(value, attributes, context);
  }
}

export class MmapHistogram extends NonNegativeInstrument implements Histogram {
  /** Counts `value` in its bucket. Never throws. */
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.takeAny(value, attributes, context);
  }
}
