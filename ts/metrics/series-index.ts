// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { atomGeneration, forgetAtoms, NO_ATOM } from './atoms.js';
import { KeyPath } from './key-path.js';
import * as tuples from './tuple-table.js';
import type { KeyFilter } from './view.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { FIRST_HASH, finishHash, nextHash, TUPLE_LIMIT, tuple, UNKNOWN_SERIES } = tuples;
// `for in` is twice as fast as Object.keys, and in it compiled code knows that a plain object's keys are its own: to ask for the
// prototype would take longer than all the rest.
const { hasOwnProperty: hasOwn } = Object.prototype;

/** Sets that all indexes of a thread remember together; each takes some 30 bytes outside the heap. */
const THREAD_LIMIT = 1 << 20;

const usage = { sets: 0, generation: -1, refused: 0 };

/**
 * Finds the series of an attributes object without making anything: a hash table of integers outside the JavaScript heap for each
 * sequence of keys, over the atoms of the values. It is a bounded memory of what native code said: objects that differ in the order
 * of their keys are remembered each for itself, and lead to one series.
 */
export class SeriesIndex {
  readonly #filter: KeyFilter | undefined;
  #start: KeyPath;
  #generation = -1;
  /** What `find` did not find just now, for `remember`: the path of its keys and its hash; its atoms are in `tuple`. */
  #missed: KeyPath | undefined;
  #missedHash = 0;

  constructor(filter?: KeyFilter) {
    this.#filter = filter;
    this.#start = KeyPath.begin(filter);
  }

  /** The series that was remembered for these attributes, or UNKNOWN_SERIES. */
  find(attributes: object): number {
    if (this.#generation !== atomGeneration()) this.#forget();
    this.#missed = undefined;
    let path = this.#start;
    let length = 0;
    let hash = FIRST_HASH;
    for (const key in attributes) {
      if (!hasOwn.call(attributes, key)) continue;
      const next = path.nextKey === key ? path.next : path.step(key);
      if (next === undefined) return UNKNOWN_SERIES;
      path = next;
      if (!path.keeps) continue;
      const atom = path.atomOf((attributes as Record<string, unknown>)[key]);
      if (atom === NO_ATOM || length === TUPLE_LIMIT) return UNKNOWN_SERIES;
      tuple[length++] = atom;
      hash = nextHash(hash, atom);
    }
    hash = finishHash(hash);
    const series = path.table.find(hash);
    if (series === UNKNOWN_SERIES) {
      this.#missed = path;
      this.#missedHash = hash;
    }
    return series;
  }

  /** Remembers the series (above 0) of the attributes that `find` did not find just now. */
  remember(series: number): void {
    const path = this.#missed;
    if (path === undefined || this.#generation !== atomGeneration()) return;
    this.#missed = undefined;
    if (usage.sets >= THREAD_LIMIT) {
      // Full of what was met first: from time to time all begin anew with what is met now.
      if (++usage.refused === THREAD_LIMIT) forgetAtoms();
    } else if (path.table.add(this.#missedHash, series)) {
      usage.sets++;
    }
  }

  #forget(): void {
    this.#generation = atomGeneration();
    if (usage.generation !== this.#generation) {
      usage.generation = this.#generation;
      usage.sets = 0;
      usage.refused = 0;
    }
    this.#start = KeyPath.begin(this.#filter);
  }
}

export { UNKNOWN_SERIES };
