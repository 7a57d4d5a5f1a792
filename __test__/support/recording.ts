// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { MmapTracerProvider, type MmapTracerProviderOptions } from 'otlp-mmap';
import { decodeFile, type V1SpanRecord } from './v1-decoder';
import { filesIn, withDirectory } from './written-files';

/** A provider of its own with its folder, and what is in its file at any moment. */
export interface Recording {
  directory: string;
  provider: MmapTracerProvider;
  /** The records in the file now, as a reader that knows version 1 only sees them. */
  records(): V1SpanRecord[];
}

/** Calls `use` with a provider that writes into a folder of its own; both are gone afterwards. */
export function recording<T>(
  options: MmapTracerProviderOptions,
  use: (recording: Recording) => T | Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const provider = new MmapTracerProvider({ directory, resourceDetectors: [], ...options });
    try {
      return await use({
        directory,
        provider,
        records: () =>
          filesIn(directory)
            .filter((path) => path.endsWith('.mmap'))
            .flatMap((path) => decodeFile(path).spans),
      });
    } finally {
      await provider.shutdown();
    }
  });
}
