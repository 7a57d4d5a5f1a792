// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MmapLogRecordProcessor } from 'otlp-mmap';

export function start({ directory, geometry }) {
  const provider = new LoggerProvider({ processors: [new MmapLogRecordProcessor({ directory, geometry })] });
  return {
    loggerProvider: provider,
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}
