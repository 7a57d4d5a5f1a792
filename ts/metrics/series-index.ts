// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { atomGeneration, forgetAtoms, NO_ATOM } from './atoms.js';
import { KeyPath } from './key-path.js';
import type { KeyFilter } from './view.js';

/** No series is remembered for these attributes. */
export const UNKNOWN_SERIES = -1;

/** Attributes beyond which an object is looked up natively at once. */
const TUPLE_LIMIT = 32;
/** Sets that all indexes of a thread remember together; each takes about 50 bytes outside the heap. */
const THREAD_LIMIT = 1 << 20;
const SMALLEST_SEGMENT = 16;
/** Slots of a full-grown segment: what is moved at once when it splits. A power of two. */
const LARGEST_SEGMENT = 4_096;
/** Splits of one segment. More would be needed only for hashes that are made to be alike. */
const DEPTH_LIMIT = 16;

/** What `find` looked for last, for `remember`: the atoms of the values, their number, their hash, and the path of the keys. */
const tuple = new Int32Array(TUPLE_LIMIT);
let tupleLength = 0;
let tupleHash = 0;
let tuplePath = 0;
let isMemorable = false;

const usage = { sets: 0, generation: -1, refused: 0 };

/** Bits of a hash that choose the segment are its upper ones, those that choose the slot its lower ones. */
class Segment {
  /** Upper bits of the hash that all entries have in common. */
  depth: number;
  mask: number;
  /** By twos: where the entry begins (0: free), and its hash. */
  slots: Int32Array;
  /** Entries: path of the keys, series, number of atoms, atoms. Begins at 1. */
  entries: Int32Array;
  end = 1;
  count = 0;

  constructor(depth: number, slots: number) {
    this.depth = depth;
    this.mask = slots - 1;
    this.slots = new Int32Array(2 * slots);
    this.entries = new Int32Array(4 * slots);
  }

  find(): number {
    const { slots, entries, mask } = this;
    for (let slot = tupleHash & mask; ; slot = (slot + 1) & mask) {
      const at = slots[2 * slot];
      if (at === 0) return UNKNOWN_SERIES;
      if (slots[2 * slot + 1] === tupleHash && this.isTuple(at)) return entries[at + 1];
    }
  }

  private isTuple(at: number): boolean {
    const { entries } = this;
    if (entries[at] !== tuplePath || entries[at + 2] !== tupleLength) return false;
    for (let i = 0; i < tupleLength; i++) {
      if (entries[at + 3 + i] !== tuple[i]) return false;
    }
    return true;
  }

  isFull(): boolean {
    return 2 * this.count > this.mask;
  }

  addTuple(series: number): void {
    const at = this.reserve(3 + tupleLength);
    const { entries } = this;
    entries[at] = tuplePath;
    entries[at + 1] = series;
    entries[at + 2] = tupleLength;
    for (let i = 0; i < tupleLength; i++) entries[at + 3 + i] = tuple[i];
    this.place(tupleHash, at);
  }

  private reserve(length: number): number {
    const at = this.end;
    this.end += length;
    if (this.end > this.entries.length) {
      const larger = new Int32Array(Math.max(this.end, 2 * this.entries.length));
      larger.set(this.entries);
      this.entries = larger;
    }
    return at;
  }

  private place(hash: number, at: number): void {
    const { slots, mask } = this;
    let slot = hash & mask;
    while (slots[2 * slot] !== 0) slot = (slot + 1) & mask;
    slots[2 * slot] = at;
    slots[2 * slot + 1] = hash;
    this.count++;
  }

  /** Calls `choose` for the hash of each entry, and copies the entry to the segment that it names. */
  moveTo(choose: (hash: number) => Segment): void {
    const { slots, entries } = this;
    for (let slot = 0; slot < slots.length; slot += 2) {
      const at = slots[slot];
      if (at === 0) continue;
      const length = 3 + entries[at + 2];
      const target = choose(slots[slot + 1]);
      const to = target.reserve(length);
      for (let i = 0; i < length; i++) target.entries[to + i] = entries[at + i];
      target.place(slots[slot + 1], to);
    }
  }
}

/**
 * Finds the series of an attributes object without making anything: a hash table of integers outside the JavaScript heap, over
 * the order of the keys and the atoms of the values. It is a bounded memory of what native code said: objects that
 * differ in the order of their keys are remembered each for itself, and lead to one series.
 *
 * It grows by extendible hashing, so that no call ever moves more than one small segment.
 */
export class SeriesIndex {
  readonly #filter: KeyFilter | undefined;
  #start: KeyPath;
  #segments: Segment[] = [];
  /** Upper bits of a hash that choose the segment. */
  #depth = 0;
  #generation = -1;

  constructor(filter?: KeyFilter) {
    this.#filter = filter;
    this.#start = KeyPath.begin(filter);
  }

  /** The series that was remembered for these attributes, or UNKNOWN_SERIES. */
  find(attributes: object): number {
    if (this.#generation !== atomGeneration()) this.#forget();
    let path = this.#start;
    let length = 0;
    let hash = 0x9e3779b9 | 0;
    isMemorable = false;
    for (const key in attributes) {
      const next = path.nextKey === key ? path.next : path.step(key);
      if (next === undefined) return UNKNOWN_SERIES;
      path = next;
      if (!path.keeps) continue;
      const atom = path.atomOf((attributes as Record<string, unknown>)[key]);
      if (atom === NO_ATOM || length === TUPLE_LIMIT) return UNKNOWN_SERIES;
      tuple[length++] = atom;
      hash = Math.imul(hash ^ atom, 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ path.id, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
    tupleLength = length;
    tupleHash = hash;
    tuplePath = path.id;
    isMemorable = true;
    return this.#segments[(hash >>> 1) >>> (31 - this.#depth)].find();
  }

  /** Remembers the series of the attributes that `find` did not find just now. */
  remember(series: number): void {
    if (!isMemorable || this.#generation !== atomGeneration()) return;
    isMemorable = false;
    if (usage.sets >= THREAD_LIMIT) {
      // Full of what was met first: from time to time all begin anew with what is met now.
      if (++usage.refused === THREAD_LIMIT) forgetAtoms();
      return;
    }
    usage.sets++;
    for (;;) {
      const at = (tupleHash >>> 1) >>> (31 - this.#depth);
      const segment = this.#segments[at];
      if (!segment.isFull()) {
        segment.addTuple(series);
        return;
      }
      if (segment.depth === DEPTH_LIMIT) return;
      this.#enlarge(segment, at);
    }
  }

  #enlarge(segment: Segment, at: number): void {
    const slots = segment.mask + 1;
    if (slots < LARGEST_SEGMENT) {
      const larger = new Segment(segment.depth, 2 * slots);
      segment.moveTo(() => larger);
      this.#replace(segment, at, larger, larger);
      return;
    }
    if (segment.depth === this.#depth) {
      this.#segments = this.#segments.flatMap((each) => [each, each]);
      this.#depth++;
      this.#enlarge(segment, 2 * at);
      return;
    }
    const depth = segment.depth + 1;
    const low = new Segment(depth, slots);
    const high = new Segment(depth, slots);
    segment.moveTo((hash) => ((hash >>> (32 - depth)) & 1 ? high : low));
    this.#replace(segment, at, low, high);
  }

  /** Puts two halves (or one segment twice) in the places of a segment, which are side by side. */
  #replace(segment: Segment, at: number, low: Segment, high: Segment): void {
    const places = 2 ** (this.#depth - segment.depth);
    const first = at - (at % places);
    for (let i = 0; i < places; i++) this.#segments[first + i] = 2 * i < places ? low : high;
  }

  #forget(): void {
    this.#generation = atomGeneration();
    if (usage.generation !== this.#generation) {
      usage.generation = this.#generation;
      usage.sets = 0;
      usage.refused = 0;
    }
    this.#start = KeyPath.begin(this.#filter);
    this.#segments = [new Segment(0, SMALLEST_SEGMENT)];
    this.#depth = 0;
  }
}
