// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Env, type Location, readLocation } from '../config/index.js';
import type { Geometry } from '../native/binding.js';

/** Where and how the spans are written; the same names as for `MmapTracerProvider`. */
export interface MmapStockOptions extends Location {
  /** A group whose members may read the files: for a collector of another user. */
  group?: string;
  /** Slots and sizes of a new file. */
  geometry?: Partial<Geometry>;
  /** Upper bound in bytes for all files of the directory. */
  directoryLimit?: number;
  /** How long `forceFlush` waits for the collector to have everything exported, in milliseconds. 10,000 unless set. */
  flushTimeout?: number;
}

export const DEFAULT_FLUSH_TIMEOUT = 10_000;

/** The options, with the environment's location where they name none. */
export function withEnvironment(options: MmapStockOptions, env: Env = process.env): MmapStockOptions {
  const named = options.directory !== undefined || options.file !== undefined;
  return named ? options : { ...options, ...readLocation(env) };
}
