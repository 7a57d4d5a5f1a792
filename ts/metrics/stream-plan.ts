// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Aggregation } from './aggregation.js';
import type { InstrumentDescriptor } from './descriptor.js';
import type { AttributesProcessor, KeyFilter } from './view.js';

/** What a stream is to be: an instrument as a view has it. */
export interface StreamPlan {
  readonly descriptor: InstrumentDescriptor;
  readonly aggregation: Aggregation;
  /** Undefined: all attribute keys stay. */
  readonly keeps: KeyFilter | undefined;
  readonly processors: readonly AttributesProcessor[];
  readonly cardinalityLimit: number | undefined;
}
