// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ConfigNode, Source } from './node.js';

/** The later one over the earlier: maps key by key, everything else (lists too) as a whole, as the OpenTelemetry Collector does it. */
export function merge(earlier: ConfigNode, later: ConfigNode): ConfigNode {
  if (!(earlier.value instanceof Map && later.value instanceof Map)) return later;
  const merged = new Map(earlier.value);
  for (const [key, node] of later.value) {
    const before = merged.get(key);
    merged.set(key, before === undefined ? node : merge(before, node));
  }
  return { value: merged, source: later.source };
}

/** A document with one value, at the end of these keys. */
export function nested(keys: readonly string[], value: ConfigNode, source: Source): ConfigNode {
  return keys.reduceRight<ConfigNode>((node, key) => ({ value: new Map([[key, node]]), source }), value);
}
