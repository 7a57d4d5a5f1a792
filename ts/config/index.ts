// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

export { requireFromApp, resolveFromApp } from './app-packages.js';
export { announce, isApiGlobalSet, readLogLevel } from './diagnostics.js';
export { type Env, readBoolean, readList, readNumber, readString } from './env.js';
export { readGeometry, readValueLimit } from './geometry.js';
export { readInstrumentationFilter } from './instrumentations.js';
export { type Location, readLocation } from './location.js';
export { type LogRecordLimits, readLogRecordLimits } from './log-limits.js';
export { readPropagator } from './propagator.js';
export { readResourceAttributes } from './resource-attributes.js';
export { type DetectorOptions, readResourceDetectors } from './resource-detectors.js';
export { readSampler } from './sampler.js';
export { isSdkDisabled, isSignalEnabled, type Signal } from './signals.js';
export { readSpanLimits, type SpanLimits } from './span-limits.js';
