// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { duration, number } from '../config/schema/scalar';
import type { Read } from '../config/schema/schema';
import { object } from '../config/schema/structure';
import type { BackoffSettings } from './backoff';

/** The section `retry_on_failure` of an exporter. */
export const retryOnFailure = object({
  initial_interval: duration({ default: '1s', above: 0 }),
  max_interval: duration({ default: '30s', above: 0 }),
  multiplier: number({ default: 1.5, min: 1, fraction: true }),
  randomization_factor: number({ default: 0.5, min: 0, max: 1, fraction: true }),
});

export type RetrySettings = Read<typeof retryOnFailure>;

export function backoffOf(settings: RetrySettings): BackoffSettings {
  return {
    initialInterval: settings.initial_interval,
    maxInterval: settings.max_interval,
    multiplier: settings.multiplier,
    randomizationFactor: settings.randomization_factor,
  };
}
