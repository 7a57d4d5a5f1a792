// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those above it that are not there, for their owner only. What `recursive` of Node.js is for, but that tries for ever
 * where the system denies that the folder above exists, as below /proc.
 *
 * @throws the system's error.
 */
export async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Whatever stands there: who opens a file in it is told.
    if (code === 'EEXIST') return;
    const above = dirname(path);
    if (code !== 'ENOENT' || above === path) throw error;
    await makeFolders(above);
    await mkdir(path, { mode: 0o700 }).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
}
