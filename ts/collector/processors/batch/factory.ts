// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch.js';
import { duration, number, size } from '../../config/schema/scalar.js';
import { object, unsupported } from '../../config/schema/structure.js';
import type { ProcessorFactory } from '../../pipeline/component.js';
import { BatchProcessor, type BatchSettings } from './batch.js';

/** Of requests: of whom they come. */
const metadata = unsupported('has no meaning here: what comes from files has no metadata of a request; leave it out');

export const batchProcessor: ProcessorFactory<BatchSettings> = {
  type: 'batch',
  summary: 'joins what comes in into larger requests',
  signals: SIGNALS,
  config: object(
    {
      send_batch_size: number({ default: 8192, min: 0 }),
      timeout: duration({ default: '200ms' }),
      send_batch_max_size: number({ default: 0, min: 0 }),
      send_batch_max_bytes: size({ default: '4MiB' }),
      metadata_keys: metadata,
      metadata_cardinality_limit: metadata,
    },
    ({ send_batch_size, send_batch_max_size }, fail) => {
      if (send_batch_max_size > 0 && send_batch_max_size < send_batch_size) {
        fail('send_batch_max_size', `is below send_batch_size, which is ${send_batch_size}; 0 is for no limit`);
      }
    },
  ),
  create: (settings, { binding, next, logger }) => new BatchProcessor(settings, binding.splitPiece, next, logger),
};
