// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { atomOf, NO_ATOM } from './atoms.js';
import { TUPLE_LIMIT, TupleTable } from './tuple-table.js';
import type { KeyFilter } from './view.js';

/** Different sequences of keys that are remembered for one stream. */
const LIMIT = 1_024;
/** A power of two. */
const RECENT = 16;

/** The keys of an attributes object up to one of them, in their order: a node of a trie of keys. */
export class KeyPath {
  /** The series of the sets that have these keys and no other. */
  readonly table: TupleTable;
  /** False: a view takes the last key away. */
  readonly keeps: boolean;
  /** The step taken last from here: objects made at one place of a program have their keys in one order. */
  nextKey: string | undefined = undefined;
  next: KeyPath | undefined = undefined;
  /** Strings that the last key had, and their atoms, each at a place that its length and end tell: half of a look-up. */
  readonly recentValues: unknown[] = new Array(RECENT).fill(undefined);
  readonly recentAtoms: number[] = new Array(RECENT).fill(NO_ATOM);
  readonly #steps = new Map<string, KeyPath>();
  readonly #shared: Shared;
  /** Keys up to here that stay. */
  readonly #length: number;

  private constructor(shared: Shared, length: number, keeps: boolean) {
    this.#shared = shared;
    this.#length = length;
    this.table = new TupleTable(length);
    this.keeps = keeps;
  }

  /** The path without keys. */
  static begin(filter: KeyFilter | undefined): KeyPath {
    return new KeyPath({ filter, count: 1 }, 0, true);
  }

  /** The atom of a value of the last key. */
  atomOf(value: unknown): number {
    if (typeof value !== 'string') return atomOf(value);
    const { length } = value;
    const at = (value.charCodeAt(length - 1) + length) & (RECENT - 1);
    if (this.recentValues[at] === value) return this.recentAtoms[at];
    const atom = atomOf(value);
    if (atom !== NO_ATOM) {
      this.recentValues[at] = value;
      this.recentAtoms[at] = atom;
    }
    return atom;
  }

  /** The path that goes on with `key`; undefined when there are too many to remember. */
  step(key: string): KeyPath | undefined {
    let path = this.#steps.get(key);
    if (path === undefined) {
      const shared = this.#shared;
      if (shared.count === LIMIT) return undefined;
      const keeps = shared.filter?.(key) ?? true;
      shared.count++;
      path = new KeyPath(shared, Math.min(this.#length + Number(keeps), TUPLE_LIMIT), keeps);
      this.#steps.set(key, path);
    }
    this.nextKey = key;
    this.next = path;
    return path;
  }
}

interface Shared {
  readonly filter: KeyFilter | undefined;
  count: number;
}
