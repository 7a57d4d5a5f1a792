// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { diag } from '@opentelemetry/api';

const HOOKED = Symbol.for('otlp-mmap.import-hook');

interface SyncHooks {
  supportsSyncHooks(): boolean;
}

/**
 * Lets instrumentations see what is loaded by `import`, by import-in-the-middle's hook. It has to be the copy that the
 * instrumentations use themselves: the patches that they register are kept in that copy's state.
 *
 * Node.js versions whose synchronous hooks work run it in this thread; older ones run it in a thread of its own.
 *
 * @param base path of the @opentelemetry/instrumentation that they are built on.
 */
export function hookImports(base: string): void {
  const holder = globalThis as { [HOOKED]?: true };
  if (holder[HOOKED]) {
    return;
  }
  Object.defineProperty(holder, HOOKED, { value: true });
  const from = nodeModule.createRequire(base);
  const synchronous = requireIfThere<SyncHooks>(from, 'import-in-the-middle/supports-sync-hooks.mjs');
  if (synchronous?.supportsSyncHooks()) {
    (from('import-in-the-middle/register-hooks.mjs') as { register(): void }).register();
    return;
  }
  if (typeof nodeModule.register !== 'function') {
    diag.warn(`otlp-mmap: Node.js ${process.version} cannot hook imports: ES modules are not instrumented`);
    return;
  }
  nodeModule.register(pathToFileURL(from.resolve('import-in-the-middle/hook.mjs')).href);
}

/** A module that older releases of the package do not have, or that this Node.js cannot `require`. */
function requireIfThere<T>(from: NodeJS.Require, request: string): T | undefined {
  try {
    return from(request) as T;
  } catch {
    return undefined;
  }
}
