// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The zero-code hook: `node --import otlp-mmap/register`, `--require otlp-mmap/register`, or either in NODE_OPTIONS. Loading this
// module sets everything up, once a thread. It loads as little as it can before it knows that there is something to do.

import { createRequire } from 'node:module';
import { DiagConsoleLogger, diag, type TracerProvider } from '@opentelemetry/api';
import { rememberMainModule } from '../config/app-packages.js';
import { announce, isApiGlobalSet, readLogLevel } from '../config/diagnostics.js';
import { isSdkDisabled, isSignalEnabled } from '../config/signals.js';
import type * as Provider from '../trace/provider.js';
import { isCollector, isFirstInThread, isHooksThread } from './guard.js';
import type * as ImportHook from './import-hook.js';
import type * as Instrumentations from './instrumentations.js';
import type * as ReaderWatch from './reader-watch.js';

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
  if (isSdkDisabled(env) || !isSignalEnabled(env, 'traces')) {
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
  const { MmapTracerProvider } = require('../trace/provider.js') as typeof Provider;
  const provider = new MmapTracerProvider();
  provider.register();
  instrument(provider);
  const { watchForReader } = require('./reader-watch.js') as typeof ReaderWatch;
  watchForReader(() => provider.status());
}

/** Spans made by hand are recorded even when instrumentations cannot be set up. */
function instrument(provider: TracerProvider): void {
  try {
    const { createInstrumentations } = require('./instrumentations.js') as typeof Instrumentations;
    const { instances, base } = createInstrumentations(process.env);
    if (base === undefined) {
      return;
    }
    const { registerInstrumentations } = createRequire(base)(base) as {
      registerInstrumentations(options: { instrumentations: unknown[]; tracerProvider: TracerProvider }): void;
    };
    registerInstrumentations({ instrumentations: instances, tracerProvider: provider });
    const { hookImports } = require('./import-hook.js') as typeof ImportHook;
    hookImports(base);
    diag.debug(`otlp-mmap: ${instances.length} instrumentation(s) set up`);
  } catch (error) {
    announce('error', `instrumentations cannot be set up: ${error instanceof Error ? error.message : String(error)}`);
  }
}

start();
