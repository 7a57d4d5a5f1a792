// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch.js';
import type { Read } from '../../config/schema/schema.js';
import { object, optional } from '../../config/schema/structure.js';
import type { ProcessorFactory } from '../../pipeline/component.js';
import { itemCondition, matchProperties } from '../match.js';
import { PieceProcessor } from '../piece-processor.js';
import { actions, nativeActions } from './actions.js';

const config = object(
  {
    actions,
    include: optional(matchProperties),
    exclude: optional(matchProperties),
  },
  (value, fail) => {
    if (!value.actions?.length) fail('actions', 'needs at least one action');
  },
);

export const attributesProcessor: ProcessorFactory<Read<typeof config>> = {
  type: 'attributes',
  summary: 'changes attributes of spans, log records and data points',
  signals: SIGNALS,
  config,
  create(settings, { id, binding, logger, next, signal }) {
    const selector = {
      include: settings.include && itemCondition(settings.include, signal, `${id}: include`),
      exclude: settings.exclude && itemCondition(settings.exclude, signal, `${id}: exclude`),
    };
    const plan = { attributes: nativeActions(settings.actions ?? []), selector };
    return new PieceProcessor(id, binding.createPieceProcessor(signal, plan), next, logger);
  },
};
