// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const MAIN_MODULE = 'otlp-mmap.main-module';

/** Hands the app's main module down to workers: while they preload, their `process.argv` does not name it yet. */
export function rememberMainModule(): void {
  if (process.argv[1] !== undefined) {
    setEnvironmentData(MAIN_MODULE, process.argv[1]);
  }
}

function mainModule(): string | undefined {
  return process.argv[1] ?? (getEnvironmentData(MAIN_MODULE) as unknown as string | undefined);
}

/**
 * Where optional packages are looked for: beside the app's main module, then in the working directory, then beside this
 * package. The app's own versions win, since they are the ones that its code was tested with.
 */
export function searchOrder(): string[] {
  const places: string[] = [];
  const main = mainModule();
  if (main !== undefined && existsSync(main)) {
    places.push(resolve(main));
  }
  places.push(join(process.cwd(), 'noop.js'), __filename);
  return places;
}

/** Path of a package's module as the app would get it by `require`, or undefined when it is not installed. */
export function resolveFromApp(request: string): string | undefined {
  for (const place of searchOrder()) {
    try {
      return createRequire(place).resolve(request);
    } catch {
      // Not there: the next place.
    }
  }
  return undefined;
}

/**
 * A package as the app would get it by `require`, or undefined when it is not installed. Throws what the package throws
 * while it loads.
 */
export function requireFromApp<T>(request: string): T | undefined {
  const path = resolveFromApp(request);
  return path === undefined ? undefined : (createRequire(path)(path) as T);
}
