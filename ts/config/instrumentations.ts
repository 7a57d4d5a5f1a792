// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Env, readList } from './env.js';

const PREFIX = '@opentelemetry/instrumentation-';

/** Very chatty, or metrics only: off unless named, as in @opentelemetry/auto-instrumentations-node. */
const OFF_BY_DEFAULT = new Set([`${PREFIX}fs`, `${PREFIX}host-metrics`]);

/**
 * Which instrumentation packages are wanted, by OTEL_NODE_ENABLED_INSTRUMENTATIONS and
 * OTEL_NODE_DISABLED_INSTRUMENTATIONS (short names such as "http"). A name in both is off.
 */
export function readInstrumentationFilter(env: Env): (packageName: string) => boolean {
  const enabled = readList(env, 'OTEL_NODE_ENABLED_INSTRUMENTATIONS')?.map((name) => PREFIX + name);
  const disabled = readList(env, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS')?.map((name) => PREFIX + name) ?? [];
  return (packageName) => {
    if (disabled.includes(packageName)) {
      return false;
    }
    return enabled === undefined ? !OFF_BY_DEFAULT.has(packageName) : enabled.includes(packageName);
  };
}
