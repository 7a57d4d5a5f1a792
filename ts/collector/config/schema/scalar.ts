// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type ConfigNode, nodeOf, shownOf } from '../node.js';
import { MASKED, type Presence, type Schema } from './schema.js';

/** A value, or what was expected instead: the end of the sentence that begins with the value. */
export type Parsed<T> = { value: T } | { expected: string };

/**
 * A single value.
 *
 * @param parse Reads a scalar node.
 * @param presence `secret`: neither messages nor print-config show it; `unquoted`: messages do not.
 */
export function scalar<T>(
  parse: (node: ConfigNode) => Parsed<T>,
  presence: Presence & { required?: boolean; secret?: boolean; unquoted?: boolean },
): Schema<T> {
  const fallback = presence.default === undefined ? undefined : nodeOf(presence.default, { name: 'default' });
  const given = (node: ConfigNode | undefined) => (node === undefined || node.value === null ? fallback : node);
  return {
    read(node, path, problems) {
      const present = given(node);
      if (present === undefined) {
        if (presence.required) problems.add(path, node?.source, 'is required');
        return undefined as T;
      }
      const parsed: Parsed<T> =
        typeof present.value === 'object' ? { expected: 'is not a single value' } : parse(present);
      if ('value' in parsed) return parsed.value;
      problems.add(
        path,
        present.source,
        `${presence.secret || presence.unquoted ? 'its value' : shownOf(present)} ${parsed.expected}`,
      );
      return undefined as T;
    },
    show(node) {
      const present = given(node);
      if (present === undefined) return undefined;
      return presence.secret && present.value !== '' ? MASKED : present.value;
    },
  };
}

type WithDefault<T, P> = P extends { default: unknown } | { required: true } ? T : T | undefined;

/** @param P `default`, or `required: true`; else the value may be missing. */
export type Options = Presence & { required?: boolean };

/** Any text; numbers and booleans stand for how they were written. */
export function text<const P extends Options & { secret?: boolean; nonEmpty?: boolean }>(
  options: P,
): Schema<WithDefault<string, P>> {
  return scalar((node) => {
    const value = String(node.text ?? node.value);
    return options.nonEmpty && value === '' ? { expected: 'is empty' } : { value };
  }, options) as Schema<WithDefault<string, P>>;
}

/** The path of a file or folder. A shell's `~` is not one: there would be a folder of that name in the end. */
export function path<const P extends Options>(options: P): Schema<WithDefault<string, P>> {
  return scalar((node) => {
    const value = String(node.text ?? node.value);
    if (value === '') return { expected: 'is empty' };
    if (/^~(\/|$)/.test(value)) return { expected: "begins with '~', which only shells know: write the whole path" };
    return { value };
  }, options) as Schema<WithDefault<string, P>>;
}

export function flag<const P extends Options>(options: P): Schema<WithDefault<boolean, P>> {
  return scalar(
    ({ value }) => (typeof value === 'boolean' ? { value } : { expected: 'is neither true nor false' }),
    options,
  ) as Schema<WithDefault<boolean, P>>;
}

/** One of some words. */
export function word<const W extends string, const P extends Options & { default?: W }>(
  words: readonly W[],
  options: P,
): Schema<WithDefault<W, P>> {
  return scalar((node) => {
    const value = words.find((known) => known === (node.text ?? node.value));
    return value === undefined ? { expected: `is not known: it is one of ${words.join(', ')}` } : { value };
  }, options) as Schema<WithDefault<W, P>>;
}

export interface Range {
  min?: number;
  max?: number;
  /** The minimum itself is too little. */
  above?: number;
}

function outOfRange(value: number, { min, max, above }: Range, unit = ''): string | undefined {
  if (above !== undefined && value <= above) return `is not above ${above}${unit}`;
  if (min !== undefined && value < min) return `is below ${min}${unit}`;
  if (max !== undefined && value > max) return `is above ${max}${unit}`;
  return undefined;
}

/** A number, whole unless `fraction` is set. */
export function number<const P extends Options & Range & { fraction?: boolean }>(
  options: P,
): Schema<WithDefault<number, P>> {
  return scalar((node) => {
    // Filled in from the environment into a longer text, or quoted: a number all the same.
    const value = typeof node.value === 'string' && node.value.trim() !== '' ? Number(node.value) : node.value;
    if (typeof value !== 'number' || !Number.isFinite(value)) return { expected: 'is no number' };
    if (!options.fraction && !Number.isInteger(value)) return { expected: 'is no whole number' };
    const expected = outOfRange(value, options);
    return expected === undefined ? { value } : { expected };
  }, options) as Schema<WithDefault<number, P>>;
}

/** Milliseconds of a duration in Go's notation. `min`, `max` and `above` are in milliseconds. */
export function duration<const P extends Options & Range>(options: P): Schema<WithDefault<number, P>> {
  return scalar((node) => {
    const value = node.value === 0 ? 0 : parseGoDuration(String(node.text ?? node.value));
    if (value === undefined) {
      return { expected: 'is no duration: write numbers with their units, as in 200ms, 10s or 1m30s' };
    }
    const expected = outOfRange(value, { max: LONGEST, ...options }, ' ms');
    return expected === undefined ? { value } : { expected };
  }, options) as Schema<WithDefault<number, P>>;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
/** A timer of more than 24 days would fire at once. */
const LONGEST = 24 * 24 * UNITS.h;

/** Milliseconds of a Go duration (`time.ParseDuration`); undefined for anything else. Negative ones are not taken. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    sum += Number(number) * UNITS[unit];
  }
  return sum;
}

const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/** Bytes of a size such as `4096` or `64MiB`. */
export function size<const P extends Options & Range>(options: P): Schema<WithDefault<number, P>> {
  return scalar((node) => {
    const match = /^(\d+(?:\.\d+)?)\s?(B|[KMG]iB|[kKMG]B)?$/.exec(String(node.text ?? node.value));
    if (!match) return { expected: 'is no size: write bytes, or a number with KiB, MiB or GiB' };
    const value = Math.floor(Number(match[1]) * SIZES[match[2] ?? '']);
    const expected = outOfRange(value, options);
    return expected === undefined ? { value } : { expected };
  }, options) as Schema<WithDefault<number, P>>;
}

/** An http or https address. It may hold a password, so messages do not show it. */
export function url<const P extends Options>(options: P): Schema<WithDefault<URL, P>> {
  const schema = scalar(
    (node) => {
      const given = String(node.text ?? node.value);
      const value = URL.canParse(given) ? new URL(given) : undefined;
      return value?.protocol === 'http:' || value?.protocol === 'https:'
        ? { value }
        : { expected: 'is no URL that begins with http:// or https://, as in http://localhost:4318' };
    },
    { ...options, unquoted: true },
  );
  return {
    read: schema.read,
    show(node) {
      const given = schema.show(node);
      if (given === undefined || !URL.canParse(String(given))) return given;
      const shown = new URL(String(given));
      if (shown.username === '' && shown.password === '' && shown.search === '') return given;
      if (shown.username !== '' || shown.password !== '') shown.username = shown.password = 'REDACTED';
      if (shown.search !== '') shown.search = '?REDACTED';
      return shown.href;
    },
  } as Schema<WithDefault<URL, P>>;
}
