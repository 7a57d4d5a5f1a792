// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// No test that runs: `tsc -p __test__` fails where what TypeScript is told of the addon (ts/native/binding/, by hand) does not fit what the
// Rust code says of itself (addon.d.ts, written by the build).

import type * as addon from '../../crates/otlp-mmap-node/addon';
import type { NativeBinding } from '../../ts/native/binding';

type Addon = typeof addon;

/** As the addon's types are: texts are any text, lists may be changed. Calls are taken as they are told. */
type Plain<T> = T extends string
  ? string
  : T extends (...args: never) => unknown
    ? never
    : T extends Uint8Array
      ? T
      : T extends object
        ? { -readonly [K in keyof T]: Plain<T[K]> }
        : T;

/** What is passed has to be taken, and what is promised has to be given. */
type Fits<Told, Is> = [Told, Is] extends [(...args: infer A) => infer R, (...args: infer B) => infer S]
  ? [Plain<A>, Plain<R>] extends [B, S]
    ? true
    : false
  : true;

/** Classes that TypeScript gets from functions, and never makes itself. */
type Made = 'NativePieceProcessor' | 'NativeReceiver' | 'NativeScraper';
type Offered = Exclude<keyof Addon, Made>;

type Untold = Exclude<Offered, keyof NativeBinding>;
type Mistold = {
  [K in Offered & keyof NativeBinding]: Fits<NativeBinding[K], Addon[K]> extends true ? never : K;
}[Offered & keyof NativeBinding];

/** The names that are wrong stand in the error. */
export const right: [Untold | Mistold] extends [never] ? true : Untold | Mistold = true;
