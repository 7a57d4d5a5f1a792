// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import * as fc from 'fast-check';
import { atomOf, forgetAtoms, NO_ATOM } from '../../ts/metrics/atoms';

/** Texts that are alike where a quick look looks, so that they contend for its places; and others. */
const text = fc.oneof(
  fc.tuple(fc.nat(300), fc.constantFrom('', '/of', '/profile')).map(([number, end]) => `/user/${number}${end}`),
  fc
    .tuple(fc.constantFrom('a', 'b', 'é', '😀'), fc.constantFrom('', '1', 'long.end.of.a.text'))
    .map(([start, end]) => `${start}.middle.${end}`),
  fc.string({ maxLength: 5, unit: 'binary' }),
);
const value = fc.oneof({ weight: 4, arbitrary: text }, fc.constantFrom(0, -0, 1.5, Number.NaN, true, undefined, null));

test.serial('a_value_has_one_atom_and_no_other_value_has_it_until_all_are_given_anew', (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 60, arbitrary: value }, fc.constant(forgetAtoms))), (steps) => {
      forgetAtoms();
      let atoms = new Map<unknown, number>();
      for (const step of steps) {
        if (step === forgetAtoms) {
          forgetAtoms();
          atoms = new Map();
          continue;
        }
        const atom = atomOf(step);
        const known = atoms.get(step);
        if (known === undefined) t.false([NO_ATOM, ...atoms.values()].includes(atom), String(step));
        else t.is(atom, known);
        atoms.set(step, atom);
      }
    }),
  );
});

test.serial('texts_keep_their_atoms_while_ever_more_come', (t) => {
  forgetAtoms();
  const textOf = (number: number) => ['orders', 'topic', number].join('-');
  const atoms = Array.from({ length: 5_000 }, (_, number) => atomOf(textOf(number)));
  t.is(new Set(atoms).size, atoms.length);
  for (const [number, atom] of atoms.entries()) {
    if (atomOf(textOf(number)) !== atom) t.fail(textOf(number));
  }
});
