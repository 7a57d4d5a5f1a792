// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { duration, flag, path, size, word } from '../config/schema/scalar.js';
import { outlineOf, type Read, type Schema } from '../config/schema/schema.js';
import { object } from '../config/schema/structure.js';

const section = object({
  /** Of the journals, one below it for each receiver. */
  directory: path({}),
  /** Of one journal. */
  max_size: size({ default: '1GiB', min: 1 << 20 }),
  /** After which telemetry that no destination took is given up; 0: never. */
  max_age: duration({ default: '24h' }),
  on_full: word(['drop_oldest', 'refuse'], { default: 'drop_oldest' }),
  /** Safe from a power loss, too. */
  fsync: flag({ default: false }),
  /** Another collector has the directory, or reads a file. */
  if_locked: word(['wait', 'end'], { default: 'wait' }),
  /** Bytes a second of what waited, beside what is new. */
  replay_rate: size({ default: '64MiB', min: 1 << 10 }),
});

/** `undefined`: no journal. */
export type StorageSettings = Read<typeof section> | undefined;

/** The section `service.storage`: a map, or the word `none`. */
export const storage: Schema<StorageSettings> = {
  read: (node, path, problems) => (node?.value === 'none' ? undefined : section.read(node, path, problems)),
  show: (node) => (node?.value === 'none' ? 'none' : section.show(node)),
  outline: () => outlineOf(section),
};

/**
 * Where journals are when nobody said: a folder that systemd made for the service, or one of this user for data that programs keep
 * (XDG Base Directory Specification).
 */
export function defaultStateDirectory(env: NodeJS.ProcessEnv): string {
  // more than one is possible
  const service = env.STATE_DIRECTORY?.split(':')[0];
  if (service && isAbsolute(service)) return service;
  const base = env.XDG_STATE_HOME && isAbsolute(env.XDG_STATE_HOME) ? env.XDG_STATE_HOME : undefined;
  return join(base ?? join(homedir(), '.local', 'state'), 'otlp-mmap', 'journal');
}
