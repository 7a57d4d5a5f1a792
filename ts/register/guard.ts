// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { isMainThread, parentPort } from 'node:worker_threads';

const STARTED = Symbol.for('otlp-mmap.register');
const COLLECTOR = Symbol.for('otlp-mmap.collector');
const COLLECTOR_COMMAND = 'otlp-mmap-collector';
const COLLECTOR_MAIN = join('dist', 'collector', 'main.js');

/** True for the first call in this thread, whichever copy of the package makes it. */
export function isFirstInThread(): boolean {
  const holder = globalThis as { [STARTED]?: true };
  if (holder[STARTED]) {
    return false;
  }
  Object.defineProperty(holder, STARTED, { value: true });
  return true;
}

/**
 * Whether this is the thread in which Node.js runs the hooks of `module.register`. It preloads what --require names like any other
 * thread, but runs no code of the app; unlike the app's workers it has no parent to talk to.
 */
export function isHooksThread(): boolean {
  return !isMainThread && parentPort === null;
}

/**
 * Whether this process is the collector, which NODE_OPTIONS may reach as well. It would otherwise record its own exports
 * and export those. At preload its main module has not run yet, so the command's path tells.
 */
export function isCollector(main: string | undefined = process.argv[1]): boolean {
  if ((globalThis as Record<symbol, unknown>)[COLLECTOR] !== undefined) {
    return true;
  }
  if (main === undefined) {
    return false;
  }
  if (basename(main) === COLLECTOR_COMMAND) {
    return true;
  }
  const path = realPath(main);
  return path === join(__dirname, '..', 'collector', 'main.js') || path.endsWith(`otlp-mmap${sep}${COLLECTOR_MAIN}`);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
