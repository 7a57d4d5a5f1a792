// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { TextMapPropagator } from '@opentelemetry/api';
import type * as Core from '@opentelemetry/core';
import { requireFromApp } from './app-packages.js';
import { type Env, readList, warnOfValue } from './env.js';

interface B3Module {
  B3Propagator: new (options?: { injectEncoding: number }) => TextMapPropagator;
  B3InjectEncoding: { MULTI_HEADER: number };
}

interface JaegerModule {
  JaegerPropagator: new () => TextMapPropagator;
}

/**
 * The propagator of OTEL_PROPAGATORS: W3C trace context and baggage unless set. `null` stands for "none": no propagator is
 * to be registered. A name that is unknown, or whose package the app does not have, is left out with one warning.
 */
export function readPropagator(env: Env): TextMapPropagator | null {
  const names = readList(env, 'OTEL_PROPAGATORS') ?? ['tracecontext', 'baggage'];
  if (names.includes('none')) {
    return null;
  }
  const propagators: TextMapPropagator[] = [];
  for (const name of names) {
    const propagator = createPropagator(name);
    if (propagator !== undefined) {
      propagators.push(propagator);
    }
  }
  if (propagators.length < 2) {
    return propagators[0] ?? null;
  }
  return new (core().CompositePropagator)({ propagators });
}

function createPropagator(name: string): TextMapPropagator | undefined {
  switch (name) {
    case 'tracecontext':
      return new (core().W3CTraceContextPropagator)();
    case 'baggage':
      return new (core().W3CBaggagePropagator)();
    case 'b3':
    case 'b3multi': {
      const b3 = optional<B3Module>(name, '@opentelemetry/propagator-b3');
      if (b3 === undefined || name === 'b3') {
        return b3 && new b3.B3Propagator();
      }
      return new b3.B3Propagator({ injectEncoding: b3.B3InjectEncoding.MULTI_HEADER });
    }
    case 'jaeger': {
      const jaeger = optional<JaegerModule>(name, '@opentelemetry/propagator-jaeger');
      return jaeger && new jaeger.JaegerPropagator();
    }
    default:
      warnOfValue('OTEL_PROPAGATORS', name, 'is not a known propagator: left out');
      return undefined;
  }
}

function optional<T>(name: string, packageName: string): T | undefined {
  const found = requireFromApp<T>(packageName);
  if (found === undefined) {
    warnOfValue('OTEL_PROPAGATORS', name, `needs the package ${packageName}, which is not installed: left out`);
  }
  return found;
}

function core(): typeof Core {
  return require('@opentelemetry/core') as typeof Core;
}
