// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { MmapTracerProvider } from 'otlp-mmap';

export function start({ directory, geometry }) {
  const provider = new MmapTracerProvider({ directory, geometry });
  provider.register();
  return {
    tracerProvider: provider,
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}
