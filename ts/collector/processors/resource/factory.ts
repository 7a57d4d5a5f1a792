// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch.js';
import type { Read } from '../../config/schema/schema.js';
import { object } from '../../config/schema/structure.js';
import type { ProcessorFactory } from '../../pipeline/component.js';
import { actions, nativeActions } from '../attributes/actions.js';
import { PieceProcessor } from '../piece-processor.js';

const config = object({ attributes: actions }, ({ attributes }, fail) => {
  if (!attributes?.length) fail('attributes', 'needs at least one action');
});

export const resourceProcessor: ProcessorFactory<Read<typeof config>> = {
  type: 'resource',
  summary: 'changes attributes of resources',
  signals: SIGNALS,
  config,
  create({ attributes }, { id, binding, logger, next, signal }) {
    const native = binding.createPieceProcessor(signal, { resource: nativeActions(attributes ?? []) });
    return new PieceProcessor(id, native, next, logger);
  },
};
