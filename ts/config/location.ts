// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Env, readString } from './env.js';

/** Where the records go, as `WriterOptions` takes it. Both may be set: the directory is used when the file is taken. */
export interface Location {
  /** Folder of directory mode (OTLP_MMAP_DIR). */
  directory?: string;
  /** Path of single-file mode (SDK_MMAP_EXPORTER_FILE), which wins over the folder. */
  file?: string;
}

/** Location named by the environment; empty when the default order of directories is to be used. */
export function readLocation(env: Env): Location {
  const location: Location = {};
  const directory = readString(env, 'OTLP_MMAP_DIR');
  const file = readString(env, 'SDK_MMAP_EXPORTER_FILE');
  if (directory !== undefined) {
    location.directory = directory;
  }
  if (file !== undefined) {
    location.file = file;
  }
  return location;
}
