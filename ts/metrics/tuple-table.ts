// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** No series is remembered. */
export const UNKNOWN_SERIES = -1;

/** Atoms beyond which a set is looked up natively at once. */
export const TUPLE_LIMIT = 32;

/** The atoms that tables look for and remember: those of the attribute values, in the order of the keys. */
export const tuple = new Int32Array(TUPLE_LIMIT);

const SMALLEST_SEGMENT = 8;
/** Slots of a full-grown segment: what is moved at once when it splits. A power of two. */
const LARGEST_SEGMENT = 4_096;
/** Splits of one segment. More would be needed only for hashes that are made to be alike. */
const DEPTH_LIMIT = 16;

export const FIRST_HASH = 0x9e3779b9 | 0;

/** The hash of a tuple, one atom at a time; `finishHash` makes all bits depend on all of them. */
export function nextHash(hash: number, atom: number): number {
  const mixed = Math.imul(hash ^ atom, 0x5bd1e995);
  return mixed ^ (mixed >>> 15);
}

export function finishHash(hash: number): number {
  let mixed = Math.imul(hash, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** A hash table of integers with open addressing. A slot is the series (0: free) and the atoms: one cache line for most. */
class Segment {
  /** Upper bits of the hash that all entries have in common. */
  readonly depth: number;
  readonly mask: number;
  readonly slots: Int32Array;
  count = 0;
  readonly #width: number;

  constructor(depth: number, slots: number, width: number) {
    this.depth = depth;
    this.mask = slots - 1;
    this.slots = new Int32Array(slots * width);
    this.#width = width;
  }

  find(hash: number): number {
    const { slots, mask } = this;
    const width = this.#width;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slot * width;
      const series = slots[at];
      if (series === 0) return UNKNOWN_SERIES;
      let i = 1;
      while (i < width && slots[at + i] === tuple[i - 1]) i++;
      if (i === width) return series;
    }
  }

  isFull(): boolean {
    return 4 * this.count > 3 * this.mask;
  }

  /** Where an entry of this hash goes. */
  take(hash: number): number {
    const { slots, mask } = this;
    let slot = hash & mask;
    while (slots[slot * this.#width] !== 0) slot = (slot + 1) & mask;
    this.count++;
    return slot * this.#width;
  }

  /** Copies each entry to the segment that `choose` names for its hash. */
  moveTo(choose: (hash: number) => Segment): void {
    const { slots } = this;
    const width = this.#width;
    for (let at = 0; at < slots.length; at += width) {
      if (slots[at] === 0) continue;
      let hash = FIRST_HASH;
      for (let i = 1; i < width; i++) hash = nextHash(hash, slots[at + i]);
      hash = finishHash(hash);
      const target = choose(hash);
      const to = target.take(hash);
      for (let i = 0; i < width; i++) target.slots[to + i] = slots[at + i];
    }
  }
}

/**
 * The series of tuples of one length, outside of the JavaScript heap. It grows by extendible hashing, so that no call ever moves more
 * than one small segment: the upper bits of a hash choose the segment, the lower ones the slot.
 */
export class TupleTable {
  readonly #width: number;
  #segments: Segment[];
  /** Upper bits of a hash that choose the segment. */
  #depth = 0;

  constructor(length: number) {
    this.#width = length + 1;
    this.#segments = [new Segment(0, SMALLEST_SEGMENT, this.#width)];
  }

  /** The series of `tuple`, whose hash this is, or UNKNOWN_SERIES. */
  find(hash: number): number {
    return this.#segments[(hash >>> 1) >>> (31 - this.#depth)].find(hash);
  }

  /** Remembers the series (above 0) of `tuple`, which is not there. False: it cannot. */
  add(hash: number, series: number): boolean {
    for (;;) {
      const at = (hash >>> 1) >>> (31 - this.#depth);
      const segment = this.#segments[at];
      if (!segment.isFull()) {
        const to = segment.take(hash);
        segment.slots[to] = series;
        for (let i = 1; i < this.#width; i++) segment.slots[to + i] = tuple[i - 1];
        return true;
      }
      if (segment.depth === DEPTH_LIMIT) return false;
      this.#enlarge(segment, at);
    }
  }

  #enlarge(segment: Segment, at: number): void {
    const slots = segment.mask + 1;
    if (slots < LARGEST_SEGMENT) {
      const larger = new Segment(segment.depth, 2 * slots, this.#width);
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
    const low = new Segment(depth, slots, this.#width);
    const high = new Segment(depth, slots, this.#width);
    segment.moveTo((hash) => ((hash >>> (32 - depth)) & 1 ? high : low));
    this.#replace(segment, at, low, high);
  }

  /** Puts two halves (or one segment twice) in the places of a segment, which are side by side. */
  #replace(segment: Segment, at: number, low: Segment, high: Segment): void {
    const places = 2 ** (this.#depth - segment.depth);
    const first = at - (at % places);
    for (let i = 0; i < places; i++) this.#segments[first + i] = 2 * i < places ? low : high;
  }
}
