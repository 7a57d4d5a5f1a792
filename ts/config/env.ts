// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';

/** Environment variables; `process.env` unless a test says otherwise. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Bad values already told: a variable is read by the provider and by the hook, and one line is enough. */
const told = new Set<string>();

/** One warning a process for a value that cannot be used: names the variable, the value and what is used instead. */
export function warnOfValue(name: string, value: string, remedy: string): void {
  const line = `${name}=${JSON.stringify(value)} ${remedy}`;
  if (told.has(line)) {
    return;
  }
  told.add(line);
  diag.warn(line);
}

/** Trimmed value; empty or blank counts as unset (environment variable specification, "Parsing empty value"). */
export function readString(env: Env, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** True only for "true" in any case (same specification, "Boolean value"); other words but "false" are worth a warning. */
export function readBoolean(env: Env, name: string): boolean {
  const value = readString(env, name)?.toLowerCase();
  if (value !== undefined && value !== 'true' && value !== 'false') {
    warnOfValue(name, value, 'is neither "true" nor "false": using false');
  }
  return value === 'true';
}

/** What a number may be; bounds are inclusive. */
export interface NumberRule {
  min: number;
  max: number;
  integer: boolean;
}

/** The number, or `fallback` with a warning when it is none or breaks the rule. */
export function readNumber<T extends number | undefined>(
  env: Env,
  name: string,
  rule: NumberRule,
  fallback: T,
): number | T {
  const text = readString(env, name);
  if (text === undefined) {
    return fallback;
  }
  const value = Number(text);
  if (Number.isNaN(value) || value < rule.min || value > rule.max || (rule.integer && !isWhole(value))) {
    const kind = rule.integer ? 'a whole number' : 'a number';
    const range = rule.max === Number.POSITIVE_INFINITY ? `of at least ${rule.min}` : `from ${rule.min} to ${rule.max}`;
    const used = fallback === undefined ? 'leaving it unset' : `using ${fallback}`;
    warnOfValue(name, text, `is not ${kind} ${range}: ${used}`);
    return fallback;
  }
  return value;
}

/** Infinity stands for "no limit", as in the stock SDK. */
function isWhole(value: number): boolean {
  return Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
}

/** Comma-separated entries, trimmed, without empty ones and repetitions; undefined when unset. */
export function readList(env: Env, name: string): string[] | undefined {
  const text = readString(env, name);
  if (text === undefined) {
    return undefined;
  }
  return [
    ...new Set(
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    ),
  ];
}
