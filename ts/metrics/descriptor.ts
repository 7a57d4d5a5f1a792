// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type MetricOptions, ValueType } from '@opentelemetry/api';
import { warnOnce } from '../config/warn-once.js';
import { textOf } from '../input/text.js';

/** Kinds of instruments; the names are those of the stock SDK, so that its views and ours are the same. */
export const InstrumentType = {
  COUNTER: 'COUNTER',
  GAUGE: 'GAUGE',
  HISTOGRAM: 'HISTOGRAM',
  UP_DOWN_COUNTER: 'UP_DOWN_COUNTER',
  OBSERVABLE_COUNTER: 'OBSERVABLE_COUNTER',
  OBSERVABLE_GAUGE: 'OBSERVABLE_GAUGE',
  OBSERVABLE_UP_DOWN_COUNTER: 'OBSERVABLE_UP_DOWN_COUNTER',
} as const;
export type InstrumentType = (typeof InstrumentType)[keyof typeof InstrumentType];

/** What an instrument was asked to be, or what a view makes of it. */
export interface InstrumentDescriptor {
  readonly name: string;
  readonly type: InstrumentType;
  readonly description: string;
  readonly unit: string;
  readonly valueType: ValueType;
  /** Explicit bucket boundaries that the instrument's author advises. */
  readonly boundaries: readonly number[] | undefined;
}

/** Instrument name syntax of the metrics API specification. */
const NAME = /^[a-z][a-z0-9_.\-/]{0,254}$/i;

/** A name that breaks the rules is told and used as it is, as in the stock SDK: losing the numbers would be worse. */
export function createDescriptor(name: string, type: InstrumentType, options?: MetricOptions): InstrumentDescriptor {
  const text = textOf(name);
  if (!NAME.test(text)) {
    warnOnce(
      `the instrument name ${JSON.stringify(text)} is not valid: it should begin with a letter, go on with letters, ` +
        'digits, "_", ".", "-" and "/", and have at most 255 characters',
    );
  }
  return { name: text, type, ...told(options) };
}

/** What the options say; nothing, when they cannot be read. */
function told(options: MetricOptions | undefined): Omit<InstrumentDescriptor, 'name' | 'type'> {
  try {
    const boundaries = options?.advice?.explicitBucketBoundaries;
    return {
      description: textOf(options?.description ?? ''),
      unit: textOf(options?.unit ?? ''),
      valueType: options?.valueType === ValueType.INT ? ValueType.INT : ValueType.DOUBLE,
      boundaries: Array.isArray(boundaries) ? [...boundaries] : boundaries,
    };
  } catch (error) {
    warnOnce('options of an instrument cannot be read', error);
    return { description: '', unit: '', valueType: ValueType.DOUBLE, boundaries: undefined };
  }
}

export function isObservable(type: InstrumentType): boolean {
  return type.startsWith('OBSERVABLE_');
}

/** Sums of these only grow, unless an observed process starts over. */
export function isMonotonic(type: InstrumentType): boolean {
  return type === 'COUNTER' || type === 'OBSERVABLE_COUNTER' || type === 'HISTOGRAM';
}

/** Whether the sum of a histogram of this instrument's values means something (data model, "Histogram": sum). */
export function allowsNegative(type: InstrumentType): boolean {
  return type !== 'COUNTER' && type !== 'OBSERVABLE_COUNTER' && type !== 'HISTOGRAM';
}

/** Two that may write one metric. Names count without case (API specification, "Instrument name syntax"). */
export function isCompatible(one: InstrumentDescriptor, other: InstrumentDescriptor): boolean {
  return (
    one.name.toLowerCase() === other.name.toLowerCase() &&
    one.unit === other.unit &&
    one.type === other.type &&
    one.valueType === other.valueType
  );
}
