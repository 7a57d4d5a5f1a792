// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { diag } from '@opentelemetry/api';
import { resolveFromApp, searchOrder } from '../config/app-packages.js';
import type { Env } from '../config/env.js';
import { readInstrumentationFilter } from '../config/instrumentations.js';
import { isSignalEnabled } from '../config/signals.js';

const META_PACKAGE = '@opentelemetry/auto-instrumentations-node';
const SCOPE = '@opentelemetry';
const PREFIX = 'instrumentation-';
/** They make metrics only: none of them is of use without metrics. */
const METRICS_ONLY = new Set(['host-metrics', 'runtime-node']);

/** What is used of @opentelemetry/instrumentation's Instrumentation. */
export interface Instrumentation {
  instrumentationName: string;
  enable(): void;
  disable(): void;
}

export interface Instrumentations {
  instances: Instrumentation[];
  /** Path of the copy of @opentelemetry/instrumentation that they are built on; undefined when there are none. */
  base: string | undefined;
}

/**
 * Creates the instrumentations: those of @opentelemetry/auto-instrumentations-node when the app has it, else every
 * @opentelemetry/instrumentation-* package that the app has installed, else the ones that come with this package. Creating one sets its hooks
 * on module loading. One that fails is left out with an error in diag.
 */
export function createInstrumentations(env: Env): Instrumentations {
  const meta = resolveFromApp(META_PACKAGE);
  if (meta !== undefined) {
    const { getNodeAutoInstrumentations } = createRequire(meta)(meta) as {
      getNodeAutoInstrumentations: () => Instrumentation[];
    };
    return { instances: getNodeAutoInstrumentations(), base: baseOf(meta) };
  }
  const isWanted = readInstrumentationFilter(env);
  const found: Instrumentations = { instances: [], base: undefined };
  for (const name of installedPackages(isSignalEnabled(env, 'metrics'))) {
    if (!isWanted(name)) {
      continue;
    }
    try {
      const path = resolveFromApp(name);
      if (path !== undefined) {
        found.instances.push(...createAll(createRequire(path)(path)));
        found.base ??= baseOf(path);
      }
    } catch (error) {
      diag.error(`otlp-mmap: ${name} cannot be used: left out`, error);
    }
  }
  return found;
}

/** The @opentelemetry/instrumentation that the module at `path` gets by `require`. */
function baseOf(path: string): string {
  return createRequire(path).resolve('@opentelemetry/instrumentation');
}

/** Names of the instrumentation packages in reach of the app and of this package. */
function installedPackages(withMetrics: boolean): Set<string> {
  const names = new Set<string>();
  for (const place of searchOrder()) {
    for (const modules of createRequire(place).resolve.paths(SCOPE) ?? []) {
      for (const folder of foldersOf(join(modules, SCOPE))) {
        if (folder.startsWith(PREFIX) && (withMetrics || !METRICS_ONLY.has(folder.slice(PREFIX.length)))) {
          names.add(`${SCOPE}/${folder}`);
        }
      }
    }
  }
  return names;
}

function foldersOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** An instance of every instrumentation class that a package exports. The classes are told by their shape. */
function createAll(exports: Record<string, unknown>): Instrumentation[] {
  const instances: Instrumentation[] = [];
  for (const [name, value] of Object.entries(exports)) {
    if (name.endsWith('Instrumentation') && isInstrumentationClass(value)) {
      instances.push(new value());
    }
  }
  return instances;
}

function isInstrumentationClass(value: unknown): value is new () => Instrumentation {
  return (
    typeof value === 'function' &&
    typeof value.prototype?.enable === 'function' &&
    typeof value.prototype?.setTracerProvider === 'function'
  );
}
