// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ValueType } from '@opentelemetry/api';
import { warnOnce } from '../config/warn-once.js';
import type { InstrumentOptions } from '../native/binding/cells.js';
import { encodeScope } from '../record/otlp-value.js';
import type { Scope } from '../record/scope.js';
import type { Aggregation } from './aggregation.js';
import { allowsNegative, type InstrumentDescriptor } from './descriptor.js';

/** The most that a limit of series can be. */
const LIMIT_MOST = 10_000_000;

/** A limit that can be; undefined, for the default one, where none is given or none can be made of it. */
function soundLimit(name: string, limit: number | undefined): number | undefined {
  if (limit === undefined || (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MOST)) return limit;
  const sound = limit >= 1 ? Math.min(Math.trunc(limit), LIMIT_MOST) : undefined;
  warnOnce(`${name} cannot have a limit of ${limit} series: it gets ${sound ?? 'the default one'}`);
  return sound;
}

/**
 * A stream as native code defines it.
 *
 * @param isSet A callback sets its values.
 */
export function instrumentOptions(
  descriptor: InstrumentDescriptor,
  aggregation: Aggregation,
  scope: Scope,
  isSet: boolean,
  limit: number | undefined,
): InstrumentOptions {
  return {
    scope: encodeScope(scope),
    schemaUrl: scope.schemaUrl,
    name: descriptor.name,
    description: descriptor.description,
    unit: descriptor.unit,
    integer: descriptor.valueType === ValueType.INT,
    sum: !allowsNegative(descriptor.type),
    limit: soundLimit(descriptor.name, limit),
    ...kindOf(aggregation, isSet),
  };
}

function kindOf(
  aggregation: Aggregation,
  isSet: boolean,
): Pick<InstrumentOptions, 'kind'> & Partial<InstrumentOptions> {
  switch (aggregation.kind) {
    case 'sum':
      return { kind: isSet ? 'observed-sum' : 'sum', monotonic: aggregation.monotonic };
    case 'gauge':
      return { kind: isSet ? 'observed-gauge' : 'gauge' };
    case 'histogram':
      return { kind: 'histogram', bounds: [...aggregation.boundaries], minMax: aggregation.recordMinMax };
    case 'exponential':
      return { kind: 'exponential', maxSize: aggregation.maxSize, minMax: aggregation.recordMinMax };
  }
}
