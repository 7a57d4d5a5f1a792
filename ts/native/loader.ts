// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NativeBinding } from './binding.js';
import { acquireBinding, type LoadedAddon } from './registry.js';

const packageRoot = join(__dirname, '..', '..');

/** Version of this copy of the package. */
export const packageVersion: string = require(join(packageRoot, 'package.json')).version;

/** Suffixes of the addon's file name on this machine, most likely first. */
function targets(): string[] {
  const { platform, arch } = process;
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`];
  return [`${platform}-${arch}`];
}

/** The addon built in this package's folder, else the one of the platform's own package. */
function loadAddon(inherited?: string): LoadedAddon {
  if (inherited !== undefined) return { binding: require(inherited) as NativeBinding, path: inherited };
  const failures: string[] = [];
  for (const target of targets()) {
    const built = join(packageRoot, `otlp-mmap.${target}.node`);
    const candidate = existsSync(built) ? built : `otlp-mmap-${target}`;
    try {
      const path = require.resolve(candidate);
      return { binding: require(path) as NativeBinding, path };
    } catch (error) {
      failures.push(`${candidate}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new Error(
    `otlp-mmap has no native addon for ${process.platform}-${process.arch} (${failures.join('; ')}). ` +
      'Install it without --no-optional, or build it with: npm run build:native',
  );
}

/**
 * The addon of this process, loaded once for all copies of the package and all threads.
 *
 * @returns undefined when another version of the package is at work in this process: the caller stands down.
 * @throws Error naming what was tried and the remedy, when there is no addon for this machine.
 */
export function findBinding(): NativeBinding | undefined {
  return acquireBinding(loadAddon, packageVersion);
}

/** As {@link findBinding}, for those who cannot do without. @throws Error also when this copy has to stand down. */
export function loadBinding(): NativeBinding {
  const binding = findBinding();
  if (binding === undefined) {
    throw new Error('another version of otlp-mmap is in use in this process: install one version only');
  }
  return binding;
}
