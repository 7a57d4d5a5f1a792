// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { duration, flag, number } from '../config/schema/scalar.js';
import type { Read } from '../config/schema/schema.js';
import { object } from '../config/schema/structure.js';

/** The section `retry_on_failure` of an exporter. */
export const retryOnFailure = object({
  enabled: flag({ default: true }),
  initial_interval: duration({ default: '5s', above: 0 }),
  max_interval: duration({ default: '30s', above: 0 }),
  max_elapsed_time: duration({ default: '300s' }),
  multiplier: number({ default: 1.5, min: 1, fraction: true }),
  randomization_factor: number({ default: 0.5, min: 0, max: 1, fraction: true }),
});

export type RetrySettings = Read<typeof retryOnFailure>;

/** For exporters without such a section: tried again for as long as it takes. */
export const RETRY_FOREVER: RetrySettings = {
  enabled: true,
  initial_interval: 1000,
  max_interval: 30_000,
  max_elapsed_time: 0,
  multiplier: 1.5,
  randomization_factor: 0.5,
};
