// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { announce, isApiGlobalSet } from '../config/diagnostics.js';
import { type Env, readBoolean } from '../config/env.js';
import { isSignalEnabled } from '../config/signals.js';
import type * as LogsGlobal from '../logs/global.js';
import type * as LoggerProviders from '../logs/provider.js';
import type * as MeterProviders from '../metrics/provider.js';
import type { WriterStatus } from '../native/binding/writer.js';
import type * as TracerProviders from '../trace/provider.js';
import type * as ConsoleCapture from './console-capture.js';
import type * as ExceptionCapture from './exception-capture.js';

/** The providers of this thread, by the names that instrumentations know them under. */
export interface Providers {
  tracerProvider?: TracerProviders.MmapTracerProvider;
  loggerProvider?: LoggerProviders.MmapLoggerProvider;
  meterProvider?: MeterProviders.MmapMeterProvider;
}

/** Makes and registers the providers of the signals that are not switched off. All of them write to one file. */
export function createProviders(env: Env): Providers {
  const providers: Providers = {};
  if (isSignalEnabled(env, 'metrics')) {
    providers.meterProvider = createMeterProvider();
  }
  const meterProvider = readBoolean(env, 'OTEL_NODE_EXPERIMENTAL_SDK_METRICS') ? providers.meterProvider : undefined;
  if (isSignalEnabled(env, 'traces')) {
    const { MmapTracerProvider } = require('../trace/provider.js') as typeof TracerProviders;
    providers.tracerProvider = new MmapTracerProvider({ meterProvider });
    providers.tracerProvider.register();
  }
  if (isSignalEnabled(env, 'logs')) {
    providers.loggerProvider = createLoggerProvider(env, meterProvider);
  }
  return providers;
}

function createMeterProvider(): MeterProviders.MmapMeterProvider | undefined {
  if (isApiGlobalSet('metrics')) {
    announce(
      'warn',
      'another meter provider is registered already: it stays in place, and no metrics are recorded here',
    );
    return undefined;
  }
  const { MmapMeterProvider } = require('../metrics/provider.js') as typeof MeterProviders;
  const provider = new MmapMeterProvider();
  provider.register();
  return provider;
}

function createLoggerProvider(
  env: Env,
  meterProvider: MeterProviders.MmapMeterProvider | undefined,
): LoggerProviders.MmapLoggerProvider | undefined {
  const { hasGlobalLoggerProvider } = require('../logs/global.js') as typeof LogsGlobal;
  if (hasGlobalLoggerProvider() || isApiGlobalSet('logs')) {
    announce('warn', 'another logger provider is registered already: it stays in place, and no logs are recorded here');
    return undefined;
  }
  const { MmapLoggerProvider } = require('../logs/provider.js') as typeof LoggerProviders;
  const provider = new MmapLoggerProvider({ meterProvider });
  provider.register();
  if (readBoolean(env, 'OTLP_MMAP_CAPTURE_CONSOLE')) {
    const { captureConsole } = require('./console-capture.js') as typeof ConsoleCapture;
    captureConsole(provider);
    diag.debug('otlp-mmap: what is printed through console is recorded');
  }
  if (readBoolean(env, 'OTLP_MMAP_CAPTURE_EXCEPTIONS')) {
    const { captureExceptions } = require('./exception-capture.js') as typeof ExceptionCapture;
    captureExceptions(provider);
    diag.debug('otlp-mmap: uncaught errors are recorded');
  }
  return provider;
}

/** The status of the file that they share. */
export function statusOf({ tracerProvider, loggerProvider, meterProvider }: Providers): WriterStatus | undefined {
  return tracerProvider?.status() ?? loggerProvider?.status() ?? meterProvider?.status();
}
