// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Where a value of the configuration was written. */
export interface Source {
  /** A file's path, `--set …`, `the command line` or `the environment`. */
  name: string;
  /** In files; from 1. */
  line?: number;
}

/** The place as messages name it. */
export const placeOf = ({ name, line }: Source) => (line === undefined ? name : `${name}:${line}`);

export type ConfigMap = Map<string, ConfigNode>;

/** A value of a configuration document, with where it comes from. */
export interface ConfigNode {
  value: null | boolean | number | string | ConfigNode[] | ConfigMap;
  /** Scalars: as it was written, after `${env:X}` was filled in. `0x10` and `010` are numbers, but a string key takes the text. */
  text?: string;
  /** What messages show of a scalar that was filled in from the environment, where secrets are: `${env:X}`. */
  shown?: string;
  /** Of a scalar that is one reference to the environment: what it says where a list or a map is wanted. */
  structure?: ConfigNode;
  source: Source;
}

/** The node as it counts where a list or a map is wanted. */
export const structureOf = (node: ConfigNode | undefined) => node?.structure ?? node;

/** A plain object or value as a configuration node. */
export function nodeOf(plain: unknown, source: Source): ConfigNode {
  if (Array.isArray(plain)) return { value: plain.map((item) => nodeOf(item, source)), source };
  if (plain !== null && typeof plain === 'object') {
    const entries = Object.entries(plain).filter(([, value]) => value !== undefined);
    return { value: new Map(entries.map(([key, value]) => [key, nodeOf(value, source)])), source };
  }
  return { value: (plain ?? null) as ConfigNode['value'], text: String(plain ?? ''), source };
}

/** The node as a plain object or value. */
export function plainOf({ value }: ConfigNode): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, node]) => [key, plainOf(node)]));
  return value;
}

/** What a message shows of a node. */
export function shownOf({ value, text, shown }: ConfigNode): string {
  if (shown !== undefined) return `'${shown}'`;
  if (value instanceof Map) return 'a map';
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  return `'${shortened(String(text ?? value))}'`;
}

/** Characters of a value or key that messages show. */
const SHOWN = 100;

/** A text as messages show it: what is no configuration at all may be a line of megabytes. */
export const shortened = (text: string) => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** What a node is, without what it says: where something else was expected, it may be a secret in the wrong form. */
export function kindOf({ value }: ConfigNode): string {
  if (value instanceof Map) return 'a map';
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'nothing' : 'a single value';
}
