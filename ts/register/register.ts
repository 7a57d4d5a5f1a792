// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The zero-code hook: `node --import otlp-mmap/register`, `--require otlp-mmap/register`, or either in NODE_OPTIONS. Loading this
// module sets everything up, once a thread. It loads as little as it can before it knows that there is something to do.

import { createRequire } from 'node:module';
import { DiagConsoleLogger, diag } from '@opentelemetry/api';
import { rememberMainModule } from '../config/app-packages.js';
import { announce, isApiGlobalSet, readLogLevel } from '../config/diagnostics.js';
import { isSdkDisabled, isSignalEnabled, type Signal } from '../config/signals.js';
import { isCollector, isFirstInThread, isHooksThread } from './guard.js';
import type * as ImportHook from './import-hook.js';
import type * as Instrumentations from './instrumentations.js';
import type * as ProvidersModule from './providers.js';
import type { Providers } from './providers.js';
import type * as ReaderWatch from './reader-watch.js';

/** Signals that are recorded here. */
const SIGNALS: Signal[] = ['traces', 'logs', 'metrics'];

/** Sets up this thread. Never throws: an app must run on without its telemetry. */
function start(): void {
  try {
    if (!isHooksThread() && isFirstInThread() && !isCollector()) {
      setUp();
    }
  } catch (error) {
    announce(
      'error',
      `cannot start, so nothing is recorded: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function setUp(): void {
  const { env } = process;
  rememberMainModule();
  const logLevel = readLogLevel(env);
  if (logLevel !== undefined && !isApiGlobalSet('diag')) {
    diag.setLogger(new DiagConsoleLogger(), { logLevel, suppressOverrideMessage: true });
  }
  if (isSdkDisabled(env) || SIGNALS.every((signal) => !isSignalEnabled(env, signal))) {
    diag.debug('otlp-mmap: disabled by the environment');
    return;
  }
  if (isApiGlobalSet('trace')) {
    announce(
      'warn',
      'another tracer provider is registered already: otlp-mmap/register leaves it in place and does nothing',
    );
    return;
  }
  const { createProviders, statusOf } = require('./providers.js') as typeof ProvidersModule;
  const providers = createProviders(env);
  instrument(providers);
  const { watchForReader } = require('./reader-watch.js') as typeof ReaderWatch;
  watchForReader(() => statusOf(providers));
}

/** Spans and log records made by hand are recorded even when instrumentations cannot be set up. */
function instrument(providers: Providers): void {
  try {
    const { createInstrumentations } = require('./instrumentations.js') as typeof Instrumentations;
    const { instances, base } = createInstrumentations(process.env);
    if (base === undefined) {
      return;
    }
    const { registerInstrumentations } = createRequire(base)(base) as {
      registerInstrumentations(options: Providers & { instrumentations: unknown[] }): void;
    };
    registerInstrumentations({ instrumentations: instances, ...providers });
    const { hookImports } = require('./import-hook.js') as typeof ImportHook;
    hookImports(base);
    diag.debug(`otlp-mmap: ${instances.length} instrumentation(s) set up`);
  } catch (error) {
    announce('error', `instrumentations cannot be set up: ${error instanceof Error ? error.message : String(error)}`);
  }
}

start();
