// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { MmapSpanProcessor } from 'otlp-mmap';

export function start({ directory }) {
  const provider = new NodeTracerProvider({ spanProcessors: [new MmapSpanProcessor({ directory })] });
  provider.register();
  return {
    tracerProvider: provider,
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}
