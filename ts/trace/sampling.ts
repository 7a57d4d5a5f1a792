// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Sampler } from '@opentelemetry/sdk-trace-base';
import { type Env, readString } from '../config/env.js';
import { readSampler } from '../config/sampler.js';

/**
 * What is known of a sampler beforehand, so that common ones need not be asked (which takes ids in hexadecimal): it records
 * everything, or it records roots and children of what is sampled. A custom one has to be asked.
 */
export type SamplerKind = 'custom' | 'always_on' | 'parentbased_always_on';

const DELEGATES: [string, string][] = [
  ['_root', 'AlwaysOnSampler'],
  ['_remoteParentSampled', 'AlwaysOnSampler'],
  ['_remoteParentNotSampled', 'AlwaysOffSampler'],
  ['_localParentSampled', 'AlwaysOnSampler'],
  ['_localParentNotSampled', 'AlwaysOffSampler'],
];

/**
 * Recognises the stock SDK's samplers, of any of its versions and copies, by what they look like. One that looks different is
 * asked, so not to recognise it costs time only.
 */
function kindOf(sampler: Sampler): SamplerKind {
  if (isPlain(sampler, 'AlwaysOnSampler')) return 'always_on';
  if (!isNamed(sampler, 'ParentBasedSampler')) return 'custom';
  const fields = sampler as unknown as Record<string, unknown>;
  return Object.keys(fields).length === DELEGATES.length &&
    DELEGATES.every(([field, name]) => isPlain(fields[field], name))
    ? 'parentbased_always_on'
    : 'custom';
}

function isPlain(sampler: unknown, name: string): boolean {
  return isNamed(sampler, name) && Object.keys(sampler as object).length === 0 && String(sampler) === name;
}

/** Directly of a class of this name: a subclass may decide otherwise. */
function isNamed(sampler: unknown, name: string): boolean {
  if (typeof sampler !== 'object' || sampler === null) return false;
  const prototype = Object.getPrototypeOf(sampler);
  return prototype?.constructor?.name === name && Object.getPrototypeOf(prototype) === Object.prototype;
}

/** A provider's way to decide. The sampler is undefined where its kind says everything. */
export interface Sampling {
  readonly kind: SamplerKind;
  readonly sampler: Sampler | undefined;
}

/** The user's sampler, else the environment's. The common ones need no sampler, so the stock SDK is not loaded for them. */
export function chooseSampling(given: Sampler | undefined, env: Env): Sampling {
  if (given === undefined) {
    const name = readString(env, 'OTEL_TRACES_SAMPLER')?.toLowerCase() ?? 'parentbased_always_on';
    if (name === 'always_on' || name === 'parentbased_always_on') return { kind: name, sampler: undefined };
  }
  const sampler = given ?? readSampler(env);
  return { kind: kindOf(sampler), sampler };
}
