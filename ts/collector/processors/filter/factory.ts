// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS, type Signal } from '../../batch.js';
import type { Read } from '../../config/schema/schema.js';
import { object, optional } from '../../config/schema/structure.js';
import type { ProcessorFactory } from '../../pipeline/component.js';
import { itemCondition, matchProperties } from '../match.js';
import { PieceProcessor } from '../piece-processor.js';

const selection = optional(
  object({ include: optional(matchProperties), exclude: optional(matchProperties) }, ({ include, exclude }, fail) => {
    if (include === undefined && exclude === undefined) fail('', 'needs include or exclude');
  }),
);

const config = object({ spans: selection, logs: selection, metrics: selection }, (value, fail) => {
  if (Object.values(value).every((section) => section === undefined)) fail('', 'needs spans, logs or metrics');
});

type FilterConfig = Read<typeof config>;

/** Which section speaks of a signal. */
const SECTIONS: Readonly<Record<Signal, keyof FilterConfig>> = { traces: 'spans', logs: 'logs', metrics: 'metrics' };

export const filterProcessor: ProcessorFactory<FilterConfig> = {
  type: 'filter',
  summary: 'drops spans, log records and metrics',
  signals: SIGNALS,
  config,
  create(settings, { id, binding, logger, next, signal }) {
    const section = SECTIONS[signal];
    const { include, exclude } = settings[section] ?? {};
    const filter = {
      include: include && itemCondition(include, signal, `${id}: ${section}.include`),
      exclude: exclude && itemCondition(exclude, signal, `${id}: ${section}.exclude`),
    };
    return new PieceProcessor(id, binding.createPieceProcessor(signal, { filter }), next, logger);
  },
};
