// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { threadScratch } from '../native/scratch.js';

// Constants of this module, so that the optimising compiler knows their addresses.
const { view } = threadScratch;

/** Keys of one length share so many slots; lengths beyond LENGTHS share those of shorter ones. */
const WAYS = 4;
/** A power of two. */
const LENGTHS = 64;
const SLOTS = WAYS * LENGTHS;
/** Longest attribute that is kept, in bytes; a multiple of STEP. */
const LONGEST = 64;
/** Bytes copied at once: as words, since that is what the compiler does without a call. */
const STEP = 16;
const WORDS = LONGEST / 4;
/** A value that has been met again stays, though others come in between: so many of them. */
const TRUSTED = 3;
/** A key whose value is new so many times in a row is taken for one of unique values: one is kept only now and then, and not for long. */
const UNIQUE = -8;
const NOW_AND_THEN = 16;

/** An attribute encoded before: its key with the dictionary's reference, its last value, and the bytes of both. */
export class KnownAttribute {
  /** A string from the start: a comparison that has once met `undefined` is a call ever after (40 ns a log record of five attributes). */
  key = '';
  /** Of the key in the dictionary; 0: unknown. */
  reference = 0;
  #value: unknown = undefined;
  /** Bytes in use. */
  #length = 0;
  /** How often the value was met again (up to TRUSTED); below 0, how often it was not. */
  #trust = 0;
  readonly #words: Int32Array;
  readonly #from: number;

  constructor(words: Int32Array, from: number) {
    this.#words = words;
    this.#from = from;
  }

  take(key: string, reference: number): void {
    this.key = key;
    this.reference = reference;
    this.#value = undefined;
    this.#trust = 0;
  }

  /** Writes the attribute, without its tag, if its value is the one known. Returns where it ends; 0 if it is another one. */
  put(at: number, value: unknown): number {
    const known = this.#value;
    // By type, since the comparison of two strings, or of two numbers, is inlined and that of anything is a call.
    if (typeof value === 'string') {
      if (typeof known !== 'string' || known !== value) return 0;
    } else if (typeof value === 'number') {
      if (typeof known !== 'number' || known !== value) return 0;
    } else if (typeof value !== 'boolean' || known !== value) {
      return 0;
    }
    if (this.#trust < TRUSTED) this.#trust = this.#trust < 0 ? 1 : this.#trust + 1;
    const length = this.#length;
    const words = this.#words;
    for (let done = 0, word = this.#from; done < length; done += STEP, word += STEP / 4) {
      view.setInt32(at + done, words[word], true);
      view.setInt32(at + done + 4, words[word + 1], true);
      view.setInt32(at + done + 8, words[word + 2], true);
      view.setInt32(at + done + 12, words[word + 3], true);
    }
    return at + length;
  }

  /** The attribute was encoded, whole, from `at` (behind its tag) to `end`. */
  remember(value: unknown, at: number, end: number): void {
    const trust = --this.#trust;
    if (trust >= 0) return;
    if (trust < UNIQUE) {
      if (trust > UNIQUE - NOW_AND_THEN) {
        // Nothing to compare with is the quickest comparison.
        this.#value = undefined;
        return;
      }
      this.#trust = UNIQUE;
    }
    const length = end - at;
    if (length > LONGEST || typeof value === 'object') return;
    this.#value = value;
    this.#length = length;
    for (let i = 0, word = this.#from; i < length; i += 4, word++) this.#words[word] = view.getInt32(at + i, true);
  }
}

/**
 * The attributes encoded last, one of each key. Most attributes of an app are the same again and again: a method, a port, a
 * statement. To compare and copy takes a third of what it takes to encode.
 */
export class RecentAttributes {
  readonly #words = new Int32Array(SLOTS * WORDS);
  readonly #known: KnownAttribute[] = [];
  /** Which of a length's slots goes next. */
  readonly #turns = new Uint8Array(LENGTHS);

  constructor() {
    for (let slot = 0; slot < SLOTS; slot++) this.#known.push(new KnownAttribute(this.#words, slot * WORDS));
  }

  /** What is known of the key. By its length, since that costs nothing, while each look at a character costs as much as a comparison. */
  find(key: string): KnownAttribute | undefined {
    const known = this.#known;
    const slot = (key.length & (LENGTHS - 1)) * WAYS;
    if (known[slot].key === key) return known[slot];
    if (known[slot + 1].key === key) return known[slot + 1];
    if (known[slot + 2].key === key) return known[slot + 2];
    return known[slot + 3].key === key ? known[slot + 3] : undefined;
  }

  add(key: string, reference: number): KnownAttribute {
    const length = key.length & (LENGTHS - 1);
    const known = this.#known[length * WAYS + (this.#turns[length]++ & (WAYS - 1))];
    known.take(key, reference);
    return known;
  }

  clear(): void {
    for (const known of this.#known) known.take('', 0);
  }
}
