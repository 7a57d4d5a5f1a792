// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { textOf } from './text.js';

/** An instrumentation scope as an app asks for it. */
export interface ScopeInput {
  name: string;
  version: string | undefined;
  schemaUrl: string | undefined;
}

/** What should be texts and, in JavaScript, may be anything: a version is a number, now and then. Never throws. */
export function scopeInput(name: unknown, version: unknown, options: unknown): ScopeInput {
  return { name: optionalText(name) ?? '', version: optionalText(version), schemaUrl: schemaUrlOf(options) };
}

function optionalText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value);
}

function schemaUrlOf(options: unknown): string | undefined {
  try {
    return optionalText((options as { schemaUrl?: unknown } | undefined)?.schemaUrl);
  } catch {
    return undefined;
  }
}
