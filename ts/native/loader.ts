// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NativeBinding } from './binding';

const packageRoot = join(__dirname, '..', '..');

/** Suffixes of the addon's file name on this machine, most likely first. */
function targets(): string[] {
  const { platform, arch } = process;
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`];
  return [`${platform}-${arch}`];
}

/**
 * Loads the addon: the one built in this package's folder, else the one of the platform's own package.
 *
 * @throws Error naming what was tried and the remedy, when there is none for this machine.
 */
export function loadAddon(): { binding: NativeBinding; path: string } {
  const failures: string[] = [];
  for (const target of targets()) {
    const built = join(packageRoot, `otlp-mmap.${target}.node`);
    for (const candidate of existsSync(built) ? [built] : [`otlp-mmap-${target}`]) {
      try {
        const path = require.resolve(candidate);
        return { binding: require(path) as NativeBinding, path };
      } catch (error) {
        failures.push(`${candidate}: ${(error as Error).message.split('\n')[0]}`);
      }
    }
  }
  throw new Error(
    `otlp-mmap has no native addon for ${process.platform}-${process.arch} (${failures.join('; ')}). ` +
      'Install it without --no-optional, or build it with: npm run build:native',
  );
}

let loaded: NativeBinding | undefined;

/** The addon, loaded once. @throws Error as {@link loadAddon}. */
export function loadBinding(): NativeBinding {
  loaded ??= loadAddon().binding;
  return loaded;
}
