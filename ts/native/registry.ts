// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { diag } from '@opentelemetry/api';
import { announce } from '../config/diagnostics.js';
import type { NativeBinding } from './binding.js';

/**
 * The native state of a process is one per loaded addon file: two files with the same content are two sets of writers. So
 * every copy of this package in a process (ES module and CommonJS, two node_modules folders, worker threads) has to
 * load the file that was loaded first. Within a thread they find the binding on `globalThis`; a worker finds the path in
 * the environment data that node:worker_threads hands down when the worker is made.
 */
const KEY = Symbol.for('otlp-mmap.v1');
const ENVIRONMENT_KEY = 'otlp-mmap.v1';

interface Registered {
  version: string;
  binding: NativeBinding;
}

/** What is handed down to workers. */
interface Inherited {
  version: string;
  path: string;
}

/** A loaded addon and the file that it came from. */
export interface LoadedAddon {
  binding: NativeBinding;
  path: string;
}

/** Loads the addon: the file at `path` if given, else the one that belongs to the calling copy of the package. */
export type LoadAddon = (path?: string) => LoadedAddon;

/**
 * The binding of this process.
 *
 * @param load May throw; the error goes to the caller.
 * @param version Version of the calling copy.
 * @returns undefined when another version of the package is in the process already; the caller stands down. That is said once a
 *   thread, with one line in diag.
 */
export function acquireBinding(load: LoadAddon, version: string): NativeBinding | undefined {
  const holder = globalThis as { [KEY]?: Registered };
  const registered = holder[KEY];
  if (registered !== undefined) {
    return registered.version === version ? registered.binding : standDown(version, registered.version);
  }
  const inherited = getEnvironmentData(ENVIRONMENT_KEY) as unknown as Inherited | undefined;
  if (inherited !== undefined && inherited.version !== version) {
    return standDown(version, inherited.version);
  }
  const { binding, path } = loadInherited(load, inherited?.path) ?? load();
  Object.defineProperty(holder, KEY, { value: { version, binding } satisfies Registered });
  if (inherited === undefined) {
    setEnvironmentData(ENVIRONMENT_KEY, { version, path });
  }
  return binding;
}

/** The file that an older thread loaded. It may be gone by now (an upgrade in place): then our own has to do. */
function loadInherited(load: LoadAddon, path: string | undefined): LoadedAddon | undefined {
  if (path === undefined) {
    return undefined;
  }
  try {
    return load(path);
  } catch (error) {
    diag.warn(`otlp-mmap: ${path}, loaded by the thread that made this one, cannot be loaded here`, error);
    return undefined;
  }
}

const toldOf = new Set<string>();

function standDown(version: string, other: string): undefined {
  if (!toldOf.has(other)) {
    toldOf.add(other);
    announce(
      'warn',
      `version ${version} stands down, since version ${other} is in use in this process already: ` +
        'install one version only (npm ls otlp-mmap shows them)',
    );
  }
  return undefined;
}
