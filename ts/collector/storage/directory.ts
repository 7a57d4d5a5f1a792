// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultStateDirectory, type StorageSettings } from './settings.js';

/**
 * Where the journal of one receiver is, and whether to go on without where that cannot be used.
 *
 * @param fingerprint What it reads, as the configuration tells: where nobody chose a folder, collectors that read other files keep
 *   other journals, so that they do not wait for each other.
 */
export function journalDirectory(
  settings: NonNullable<StorageSettings>,
  receiver: string,
  fingerprint: string,
  env: NodeJS.ProcessEnv,
): [directory: string, optional: boolean] {
  const name = receiver.replaceAll('/', '-');
  if (settings.directory !== undefined) return [join(settings.directory, name), false];
  const base = defaultStateDirectory(env);
  if (env.STATE_DIRECTORY) return [join(base, name), true];
  const reads = createHash('sha256').update(fingerprint).digest('hex').slice(0, 12);
  return [join(base, `${name}-${reads}`), true];
}

/** The journals of all receivers in a state directory. None where it may not be read. */
export function journalsIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
  } catch {
    return [];
  }
}
