// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { flag, number, text, word } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { object } from '../../config/schema/structure.js';
import type { ProcessorFactory } from '../../pipeline/component.js';
import { PieceProcessor } from '../piece-processor.js';

const config = object(
  {
    sampling_percentage: number({ required: true, min: 0, fraction: true }),
    hash_seed: number({ default: 0, min: 0, max: 0xffff_ffff }),
    fail_closed: flag({ default: true }),
    attribute_source: word(['traceID', 'record'], { default: 'traceID' }),
    from_attribute: text({ nonEmpty: true }),
    sampling_priority: text({ nonEmpty: true }),
  },
  ({ attribute_source, from_attribute }, fail) => {
    if (attribute_source === 'record' && from_attribute === undefined) {
      fail('from_attribute', 'is required when attribute_source is record');
    }
  },
);

export const probabilisticSamplerProcessor: ProcessorFactory<Read<typeof config>> = {
  type: 'probabilistic_sampler',
  summary: 'keeps a part of all traces, the same one in every collector',
  signals: ['traces', 'logs'],
  config,
  create(settings, { id, binding, logger, next, signal }) {
    const sampler = {
      percentage: settings.sampling_percentage,
      seed: settings.hash_seed,
      keepWithout: !settings.fail_closed,
      attribute: settings.attribute_source === 'record' ? settings.from_attribute : undefined,
      priority: settings.sampling_priority,
    };
    return new PieceProcessor(id, binding.createPieceProcessor(signal, { sampler }), next, logger);
  },
};
