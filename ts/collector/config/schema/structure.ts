// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type ConfigMap, type ConfigNode, kindOf, structureOf } from '../node.js';
import type { ProblemSink } from '../problems.js';
import { didYouMean } from '../suggestion.js';
import { outlineOf, type Read, type Schema } from './schema.js';

export const keyPath = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

type Shape = Readonly<Record<string, Schema<unknown>>>;
type ReadShape<S extends Shape> = { -readonly [K in keyof S]: Read<S[K]> };

/** Checks what no key can check by itself. `fail(key, message)`: the key may be empty for the whole. */
export type Check<T> = (value: T, fail: (key: string, message: string) => void) => void;

/** A map whose keys are known. One that is left out counts as an empty one, so that its keys have their defaults. */
export function object<S extends Shape>(shape: S, check?: Check<ReadShape<S>>): Schema<ReadShape<S>> {
  return {
    read(node, path, problems) {
      const entries = mapOf(node, path, problems);
      for (const [key, { source }] of entries) {
        if (!Object.hasOwn(shape, key)) {
          problems.add(keyPath(path, key), source, `is not known here${didYouMean(key, Object.keys(shape))}`);
        }
      }
      const own = new Watched(problems);
      const read = Object.fromEntries(
        Object.entries(shape).map(([key, schema]) => [key, schema.read(entries.get(key), keyPath(path, key), own)]),
      ) as ReadShape<S>;
      if (own.clean) {
        check?.(read, (key, message) => {
          const place = entries.get(key) ?? node;
          problems.add(key === '' ? path : keyPath(path, key), place?.source, message);
        });
      }
      return read;
    },
    show(node) {
      const given = structureOf(node)?.value;
      const entries = given instanceof Map ? given : new Map<string, ConfigNode>();
      const shown = Object.entries(shape).map(([key, schema]) => [key, schema.show(entries.get(key))] as const);
      return Object.fromEntries(shown.filter(([, value]) => value !== undefined));
    },
    outline() {
      const keys = Object.entries(shape).map(([key, schema]) => [key, outlineOf(schema)] as const);
      return Object.fromEntries(keys.filter(([, outline]) => outline !== undefined));
    },
  };
}

/** A map of the user's own keys. */
export function map<T>(of: Schema<T>): Schema<Record<string, T>> {
  return {
    read(node, path, problems) {
      const entries = [...mapOf(node, path, problems)];
      return Object.fromEntries(entries.map(([key, value]) => [key, of.read(value, keyPath(path, key), problems)]));
    },
    show(node) {
      const given = structureOf(node)?.value;
      if (!(given instanceof Map)) return undefined;
      return Object.fromEntries([...given].map(([key, value]) => [key, of.show(value)]));
    },
  };
}

/** A list; undefined when it is left out. */
export function list<T>(of: Schema<T>): Schema<T[] | undefined> {
  return {
    read(given, path, problems) {
      const node = structureOf(given);
      if (node === undefined || node.value === null) return undefined;
      if (Array.isArray(node.value)) {
        return node.value.map((item, index) => of.read(item, `${path}[${index}]`, problems));
      }
      problems.add(path, node.source, `is ${kindOf(node)} and not a list`);
      return undefined;
    },
    show(node) {
      const given = structureOf(node)?.value;
      return Array.isArray(given) ? given.map((item) => of.show(item)) : undefined;
    },
    outline() {
      const item = outlineOf(of);
      return item === null ? null : [item];
    },
  };
}

/** The same, but undefined when the key is left out or empty, instead of with defaults. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined> {
  return {
    read: (node, path, problems) => (node === undefined ? undefined : schema.read(node, path, problems)),
    show: (node) => (node === undefined ? undefined : schema.show(node)),
    outline: () => outlineOf(schema),
  };
}

/** A key that configurations of the OpenTelemetry Collector have and this one cannot honour. @param why The end of the sentence that begins with the key. */
export function unsupported(why: string): Schema<undefined> {
  return {
    read(node, path, problems) {
      if (node !== undefined) problems.add(path, node.source, why);
      return undefined;
    },
    show: () => undefined,
    outline: () => undefined,
  };
}

/** The same, with a value in place of undefined. */
export function withDefault<T>(schema: Schema<T | undefined>, value: T): Schema<T> {
  const read: Schema<T>['read'] = (node, path, problems) => schema.read(node, path, problems) ?? value;
  return { read, show: schema.show, outline: () => outlineOf(schema) };
}

function mapOf(given: ConfigNode | undefined, path: string, problems: ProblemSink): ConfigMap {
  const node = structureOf(given);
  if (node === undefined || node.value === null) return new Map();
  if (node.value instanceof Map) return node.value;
  problems.add(path, node.source, `is ${kindOf(node)} and not a map of keys`);
  return new Map();
}

/** Passes problems on, and knows whether there were any. */
class Watched implements ProblemSink {
  clean = true;
  readonly #problems: ProblemSink;

  constructor(problems: ProblemSink) {
    this.#problems = problems;
  }

  add(...problem: Parameters<ProblemSink['add']>): void {
    this.clean = false;
    this.#problems.add(...problem);
  }
}
