// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { LoggerProvider } from '@opentelemetry/sdk-logs';

/** Makes the stock SDK's log records and gives them to nobody: what every processor of that SDK has below it. */
export function start() {
  const provider = new LoggerProvider({
    processors: [{ onEmit() {}, forceFlush: async () => {}, shutdown: async () => {} }],
  });
  return { loggerProvider: provider, flush: async () => {}, shutdown: () => provider.shutdown() };
}
