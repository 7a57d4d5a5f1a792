// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Attributes, ValueType } from '@opentelemetry/api';
import { MeasurementRecords } from '../record/measurement-records.js';
import type { Scope } from '../record/scope.js';
import type { Writer } from '../record/writer.js';
import type { StreamPlan } from './stream-plan.js';

/** What writes a stream's measurements into the ring as well; undefined in directory mode, whose readers know cells. */
export function createMirror(writer: Writer, scope: Scope, plan: StreamPlan): MeasurementRecords | undefined {
  // Records are shared in directory mode only.
  if (writer.sharesRecords) return undefined;
  const { name, description, unit, valueType } = plan.descriptor;
  const metric = { name, description, unit, isInteger: valueType === ValueType.INT, data: plan.aggregation };
  return new MeasurementRecords(writer, scope, metric, plan.keeps);
}

/**
 * Observed values as measurements. Readers of version 1 add up the measurements of a sum, so a sum is told by how much it changed. What is
 * remembered for that is bounded by the limit of series, which are not given to other attributes here.
 */
export class ObservedMirror {
  readonly #records: MeasurementRecords;
  readonly #isSum: boolean;
  readonly #last = new Map<number, number>();

  constructor(records: MeasurementRecords, isSum: boolean) {
    this.#records = records;
    this.#isSum = isSum;
  }

  /** The series are those of another file, of which no reader knows a value yet. */
  forget(): void {
    this.#last.clear();
  }

  write(series: number, value: number, attributes: Attributes | undefined): void {
    const before = this.#last.get(series) ?? 0;
    if (this.#isSum) this.#last.set(series, value);
    this.#records.write(this.#isSum ? value - before : value, attributes ?? {}, undefined);
  }
}
