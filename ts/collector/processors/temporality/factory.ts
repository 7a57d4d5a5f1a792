// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { word } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { object } from '../../config/schema/structure.js';
import type { ProcessorFactory } from '../../pipeline/component.js';

const config = object({ preference: word(['cumulative', 'delta', 'lowmemory'], { required: true }) });

/** The receiver does the work: it takes the differences from baselines that are this pipeline's own. */
export const temporalityProcessor: ProcessorFactory<Read<typeof config>> = {
  type: 'temporality',
  summary: 'which metrics are exported as differences',
  signals: ['metrics'],
  config,
  metricStream: ({ preference }) => ({ temporality: preference ?? 'cumulative' }),
  create: (_settings, { next }) => ({ consume: (batch) => next.consume(batch) }),
};
