// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { MmapTracerProvider } from 'otlp-mmap';

export function start({ directory, geometry }) {
  // Rings of benchmarks are large, and those of producers that have ended may not be gone yet.
  const provider = new MmapTracerProvider({ directory, geometry, directoryLimit: 2 ** 31 });
  provider.register();
  return {
    tracerProvider: provider,
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}
