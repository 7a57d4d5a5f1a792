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
/** A key whose value is new so many times in a row is taken for one of unique values, and its value is kept only now and then. */
const MANY_MISSES = 8;
const NOW_AND_THEN = 15;
const MOST_MISSES = 255;

/**
 * The attributes encoded last, one of each key: the key's reference, the value, and the bytes of both (a KeyValueRef
 * with its length before it). Most attributes of an app are the same again and again: a method, a port, a statement. To compare
 * and copy takes a third of what it takes to encode.
 */
export class RecentAttributes {
  readonly #keys: (string | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #references: number[] = new Array(SLOTS).fill(0);
  readonly #values: unknown[] = new Array(SLOTS).fill(undefined);
  /** Bytes in use; 0: no value is kept. */
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #misses = new Uint8Array(SLOTS);
  /** Which of a length's slots goes next. */
  readonly #turns = new Uint8Array(LENGTHS);
  readonly #words = new Int32Array(SLOTS * WORDS);

  /** Where the key is, or −1. By its length, since that costs nothing, while each look at a character costs as much as a comparison. */
  #slotOf(key: string): number {
    const keys = this.#keys;
    const slot = (key.length & (LENGTHS - 1)) * WAYS;
    if (keys[slot] === key) return slot;
    if (keys[slot + 1] === key) return slot + 1;
    if (keys[slot + 2] === key) return slot + 2;
    return keys[slot + 3] === key ? slot + 3 : -1;
  }

  /** The dictionary reference of the key, or 0. */
  reference(key: string): number {
    const slot = this.#slotOf(key);
    return slot === -1 ? 0 : this.#references[slot];
  }

  rememberReference(key: string, reference: number): void {
    const length = key.length & (LENGTHS - 1);
    const slot = length * WAYS + (this.#turns[length]++ & (WAYS - 1));
    this.#keys[slot] = key;
    this.#references[slot] = reference;
    this.#values[slot] = undefined;
    this.#lengths[slot] = 0;
    this.#misses[slot] = 0;
  }

  /** Writes the attribute, without its tag, if it is the one known of this key. Returns where it ends; 0 if it is another one. */
  put(at: number, key: string, value: unknown): number {
    const slot = this.#slotOf(key);
    if (slot === -1) return 0;
    const known = this.#values[slot];
    // By type, since the comparison of two strings, or of two numbers, is inlined and that of anything is a call.
    if (typeof value === 'string') {
      if (typeof known !== 'string' || known !== value) return 0;
    } else if (typeof value === 'number') {
      if (typeof known !== 'number' || known !== value) return 0;
    } else if (typeof value !== 'boolean' || known !== value) {
      return 0;
    }
    const length = this.#lengths[slot];
    const words = this.#words;
    for (let done = 0, word = slot * WORDS; done < length; done += STEP, word += STEP / 4) {
      view.setInt32(at + done, words[word], true);
      view.setInt32(at + done + 4, words[word + 1], true);
      view.setInt32(at + done + 8, words[word + 2], true);
      view.setInt32(at + done + 12, words[word + 3], true);
    }
    return at + length;
  }

  /** The attribute was encoded, whole, from `at` (behind its tag) to `end`. */
  remember(key: string, value: unknown, at: number, end: number): void {
    const length = end - at;
    if (length > LONGEST || typeof value === 'object') return;
    const slot = this.#slotOf(key);
    if (slot === -1) return;
    const misses = this.#misses[slot];
    if (misses < MOST_MISSES) this.#misses[slot] = misses + 1;
    else this.#misses[slot] = MOST_MISSES - NOW_AND_THEN;
    if (misses >= MANY_MISSES && (misses & NOW_AND_THEN) !== 0) return;
    this.#values[slot] = value;
    this.#lengths[slot] = length;
    for (let i = 0, word = slot * WORDS; i < length; i += 4, word++) this.#words[word] = view.getInt32(at + i, true);
  }

  clear(): void {
    this.#keys.fill(undefined);
    this.#values.fill(undefined);
  }
}
