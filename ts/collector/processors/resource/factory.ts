// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch';
import type { Read } from '../../config/schema/schema';
import { object } from '../../config/schema/structure';
import type { ProcessorFactory } from '../../pipeline/component';
import { actions, nativeActions } from '../attributes/actions';
import { PieceProcessor } from '../piece-processor';

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
