// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { trace } from '@opentelemetry/api';

export function start() {
  return {
    tracerProvider: trace.getTracerProvider(),
    flush: async () => {},
    shutdown: async () => {},
  };
}
