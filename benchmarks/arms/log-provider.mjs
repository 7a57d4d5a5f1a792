// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { MmapLoggerProvider } from 'otlp-mmap';

export function start({ directory, geometry }) {
  const provider = new MmapLoggerProvider({ directory, geometry });
  return {
    loggerProvider: provider,
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}
