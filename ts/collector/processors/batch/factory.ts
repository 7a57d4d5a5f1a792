// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch';
import { duration, number, size } from '../../config/schema/scalar';
import { object } from '../../config/schema/structure';
import type { ProcessorFactory } from '../../pipeline/component';
import { BatchProcessor, type BatchSettings } from './batch';

export const batchProcessor: ProcessorFactory<BatchSettings> = {
  type: 'batch',
  summary: 'joins what comes in into larger requests',
  signals: SIGNALS,
  config: object({
    send_batch_size: number({ default: 8192, min: 0 }),
    timeout: duration({ default: '200ms' }),
    max_bytes: size({ default: '4MiB', min: 1 }),
  }),
  create: (settings, { next }) => new BatchProcessor(settings, next),
};
