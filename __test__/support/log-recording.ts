// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { MmapLoggerProvider, type MmapLoggerProviderOptions } from 'otlp-mmap';
import type { FlatLog } from './otlp-json';
import { logsIn, withDirectory } from './written-files';

/** A logger provider of its own with its folder, and the log records that are in its file at any moment. */
export interface LogRecording {
  directory: string;
  provider: MmapLoggerProvider;
  logs(): FlatLog[];
}

/** Calls `use` with a provider that writes into a folder of its own; both are gone afterwards. */
export function logRecording<T>(
  options: MmapLoggerProviderOptions,
  use: (recording: LogRecording) => T | Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const provider = new MmapLoggerProvider({ directory, resourceDetectors: [], ...options });
    try {
      return await use({ directory, provider, logs: () => logsIn(directory) });
    } finally {
      await provider.shutdown();
    }
  });
}

/** Attributes of a log record by key, each as its OTLP value. */
export function attributesOf({ log }: FlatLog): Record<string, unknown> {
  return Object.fromEntries(
    (log.attributes as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]),
  );
}
