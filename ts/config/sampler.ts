// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type * as SdkTraceBase from '@opentelemetry/sdk-trace-base';
import { type Env, readNumber, readString, warnOfValue } from './env.js';

/**
 * The sampler of OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. Unset or unknown: `parentbased_always_on`, the
 * specification's default.
 */
export function readSampler(env: Env): SdkTraceBase.Sampler {
  // Loaded here, not above: a program that brings its own sampler does not pay for this package at start.
  const sdk = require('@opentelemetry/sdk-trace-base') as typeof SdkTraceBase;
  const name = readString(env, 'OTEL_TRACES_SAMPLER')?.toLowerCase() ?? 'parentbased_always_on';
  switch (name) {
    case 'always_on':
      return new sdk.AlwaysOnSampler();
    case 'always_off':
      return new sdk.AlwaysOffSampler();
    case 'traceidratio':
      return new sdk.TraceIdRatioBasedSampler(readRatio(env));
    case 'parentbased_always_on':
      return new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new sdk.ParentBasedSampler({ root: new sdk.AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(readRatio(env)) });
    default:
      warnOfValue('OTEL_TRACES_SAMPLER', name, 'is not a known sampler: using parentbased_always_on');
      return new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() });
  }
}

/** Probability of the ratio samplers; 1 unless set (specification, "OTEL_TRACES_SAMPLER_ARG"). */
function readRatio(env: Env): number {
  return readNumber(env, 'OTEL_TRACES_SAMPLER_ARG', { min: 0, max: 1, integer: false }, 1);
}
