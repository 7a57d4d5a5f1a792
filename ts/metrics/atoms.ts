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

const atoms = new Map<unknown, number>();
let refused = 0;
let generation = 0;

/** Stands for a value that has no number: it is an object, or the table is full. */
export const NO_ATOM = 0;

/** A number above 0 for a primitive value, valid in this generation. Numbers that are equal by `===`, and NaN, have one. */
export function atomOf(value: unknown): number {
  return atoms.get(value) ?? addAtom(value);
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
  atoms.set(type === 'string' ? detached(value as string) : value, atom);
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
  refused = 0;
  generation++;
}
