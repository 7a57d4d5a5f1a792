// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ValueType } from '@opentelemetry/api';
import { warnOnce } from '../config/warn-once.js';
import type { InstrumentDescriptor } from './descriptor.js';

/**
 * A value that is not plainly good: what the stock SDK makes of it, or undefined when it is not to be recorded. What is
 * wrong is told once for each instrument.
 *
 * @param isNonNegative The instrument takes no value below 0.
 */
export function admit(descriptor: InstrumentDescriptor, value: unknown, isNonNegative: boolean): number | undefined {
  const { name } = descriptor;
  if (typeof value !== 'number') {
    warnOnce(`${name} was given a value that is no number: such values are not recorded`);
    return undefined;
  }
  if (isNonNegative && value < 0) {
    warnOnce(`${name} was given a value below 0, which it does not take: such values are not recorded`);
    return undefined;
  }
  if (descriptor.valueType === ValueType.INT && !Number.isInteger(value)) {
    return whole(name, value);
  }
  if (!Number.isFinite(value)) {
    warnOnce(`${name} was given ${value}: what is recorded with it may be of no use`);
  }
  return value;
}

function whole(name: string, value: number): number | undefined {
  const rounded = Math.trunc(value);
  if (!Number.isInteger(rounded)) {
    warnOnce(`${name} takes whole numbers and was given ${value}: such values are not recorded`);
    return undefined;
  }
  warnOnce(`${name} takes whole numbers and was given a fraction: fractions are cut off`);
  return rounded;
}
