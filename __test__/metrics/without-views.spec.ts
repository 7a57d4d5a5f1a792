// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Electron lets nobody view memory that is not its own: there, what is measured goes into the cells by raw calls alone, and gives the
// same numbers. The tests of stock-oracle.spec.ts run here once more, under such a Node.js.

import test from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { metering } from '../support/metering';
import './stock-oracle.spec';

let asked = 0;
loadBinding().cellsWindow = () => {
  asked++;
  return undefined;
};

test('a_bound_counter_counts_without_a_view', (t) =>
  metering({}, ({ provider, values }) => {
    const counter = provider.getMeter('m').createCounter('c');
    const bound = counter.bind({ k: 1 });
    for (let i = 0; i < 100; i++) {
      bound.add(1);
      counter.add(1, { k: 1 });
    }
    t.deepEqual(values('c'), { '[["k",{"number":1}]]': { double: 200 } });
  }));

test('a_view_is_asked_for_once', (t) =>
  metering({}, ({ provider }) => {
    asked = 0;
    for (let i = 0; i < 2000; i++) provider.getMeter('m').createCounter('c').add(1, { i });
    t.is(asked, 1);
  }));
