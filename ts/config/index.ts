// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

export { requireFromApp, resolveFromApp } from './app-packages';
export { announce, isApiGlobalSet, readLogLevel } from './diagnostics';
export { type Env, readBoolean, readList, readNumber, readString } from './env';
export { readInstrumentationFilter } from './instrumentations';
export { type Location, readLocation } from './location';
export { readPropagator } from './propagator';
export { readResourceAttributes } from './resource-attributes';
export { type DetectorOptions, readResourceDetectors } from './resource-detectors';
export { readSampler } from './sampler';
export { isSdkDisabled, isSignalEnabled, type Signal } from './signals';
export { readSpanLimits, type SpanLimits } from './span-limits';
