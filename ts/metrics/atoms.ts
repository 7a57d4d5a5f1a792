// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Small numbers for attribute values, so that a set of attributes is a few integers to those who look for its series. One table a
 * thread, since metrics share most of their values; bounded, since values may come from the outside.
 */
const LIMIT = 1 << 17;
/** Longer texts have no numbers: what the table holds on the heap stays small whatever comes. */
const LONGEST_TEXT = 256;
/** V8 copies shorter parts of a text; longer ones are views that hold all of it. */
const LEAST_VIEW = 13;
/** Values that found no number after which all numbers are given anew: those of today instead of those of the start. */
const PATIENCE = 1 << 20;

/** Texts of this length and more are looked for in `quick` first. */
const LEAST_QUICK = 4;
const LEAST_PLACES = 1 << 8;
const MOST_PLACES = 1 << 18;
/** Places for each atom, so that few of them contend for one. */
const SPARSENESS = 4;

const atoms = new Map<unknown, number>();
/** The texts, each at its atom, in the form in which the map has them. */
const texts: (string | undefined)[] = [undefined];
/** The atom that was found last for texts of this place: half of a look-up, since the map asks for the hash of a text and goes over more memory. */
let quick = new Int32Array(LEAST_PLACES);
let refused = 0;
let generation = 0;

/** Stands for a value that has no number: it is an object, or the table is full. */
export const NO_ATOM = 0;

/** A number above 0 for a primitive value, valid in this generation. Numbers that are equal by `===`, and NaN, have one. */
export function atomOf(value: unknown): number {
  if (typeof value !== 'string' || value.length < LEAST_QUICK) return atoms.get(value) ?? addAtom(value);
  const place = placeOf(value);
  const last = quick[place & (quick.length - 1)];
  if (texts[last] === value) return last;
  const atom = atoms.get(value) ?? addAtom(value);
  quick[place & (quick.length - 1)] = atom;
  return atom;
}

/** By what texts of one origin differ in, mostly: their ends. */
function placeOf(text: string): number {
  const { length } = text;
  let place = length + text.charCodeAt(length >> 1);
  for (let i = 1; i <= LEAST_QUICK; i++) place = Math.imul(place, 31) + text.charCodeAt(length - i);
  return place ^ (place >>> 16);
}

function addAtom(value: unknown): number {
  const type = typeof value;
  if (type === 'object' ? value !== null : type === 'function' || type === 'symbol' || type === 'bigint')
    return NO_ATOM;
  if (type === 'string' && (value as string).length > LONGEST_TEXT) return NO_ATOM;
  if (atoms.size === LIMIT) {
    if (++refused === PATIENCE) forgetAtoms();
    return NO_ATOM;
  }
  const atom = atoms.size + 1;
  const kept = type === 'string' ? detached(value as string) : value;
  atoms.set(kept, atom);
  texts.push(typeof kept === 'string' ? kept : undefined);
  // What it knew is found again.
  if (atom * SPARSENESS > quick.length && quick.length < MOST_PLACES) quick = new Int32Array(2 * quick.length);
  return atom;
}

/** The same text without whatever it was cut out of: a request, say, that would stay on the heap for the sake of its path. */
function detached(text: string): string {
  return text.length < LEAST_VIEW ? text : ` ${text}`.slice(1);
}

/** What was built from numbers of another generation is void. */
export function atomGeneration(): number {
  return generation;
}

/** Gives all numbers anew. */
export function forgetAtoms(): void {
  atoms.clear();
  texts.length = 1;
  quick = new Int32Array(LEAST_PLACES);
  refused = 0;
  generation++;
}
