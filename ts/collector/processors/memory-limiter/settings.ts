// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { duration, number } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { object } from '../../config/schema/structure.js';
import type { Memory } from '../../memory.js';

const MIB = 1024 * 1024;

/** The section `memory_limiter`: keys and rules of the OpenTelemetry Collector. */
export const memoryLimiterConfig = object(
  {
    check_interval: duration({ required: true, above: 0 }),
    limit_mib: number({ default: 0, min: 0 }),
    spike_limit_mib: number({ default: 0, min: 0 }),
    limit_percentage: number({ default: 0, min: 0, max: 100 }),
    spike_limit_percentage: number({ default: 0, min: 0, max: 100 }),
  },
  ({ limit_mib, spike_limit_mib, limit_percentage, spike_limit_percentage }, fail) => {
    if (limit_mib === 0 && limit_percentage === 0) fail('', 'needs limit_mib or limit_percentage, above 0');
    else if (limit_mib > 0 && spike_limit_mib >= limit_mib) fail('spike_limit_mib', 'is not below limit_mib');
    if (limit_percentage > 0 && spike_limit_percentage >= limit_percentage) {
      fail('spike_limit_percentage', 'is not below limit_percentage');
    }
  },
);

export type MemoryLimiterSettings = Read<typeof memoryLimiterConfig>;

/** Bytes above which no more is taken in (soft), and above which memory is given back by force (hard). */
export interface Limits {
  soft: number;
  hard: number;
}

/** `limit_mib` goes before `limit_percentage`; a spike that is not set is a fifth of the limit. */
export function limitsOf(settings: MemoryLimiterSettings, memory: Pick<Memory, 'available'>): Limits {
  const { limit_mib, spike_limit_mib, limit_percentage, spike_limit_percentage } = settings;
  const [hard, spike] =
    limit_mib > 0
      ? [limit_mib * MIB, spike_limit_mib * MIB]
      : [limit_percentage, spike_limit_percentage].map((part) => Math.floor((memory.available() * part) / 100));
  return { hard, soft: hard - (spike > 0 ? spike : Math.floor(hard / 5)) };
}
