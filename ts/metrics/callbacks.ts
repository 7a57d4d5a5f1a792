// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { BatchObservableCallback, Observable, ObservableCallback } from '@opentelemetry/api';
import { warnOnce } from '../config/warn-once.js';
import { type CallbackList, MmapObservable } from './observable.js';
import { Observations } from './observations.js';

/** A callback of the app and the instruments that it may observe. */
interface Registered {
  readonly callback: ObservableCallback | BatchObservableCallback;
  readonly instruments: readonly MmapObservable[];
  readonly isBatch: boolean;
  readonly observations: Observations;
  /** The call of an earlier round has not come to its end: it is not called again before. */
  isRunning: boolean;
}

/** The callbacks of a provider: what is asked on every interval. Nothing that they do reaches the app or other callbacks. */
export class Callbacks implements CallbackList {
  readonly #all: Registered[] = [];
  readonly #onFirst: () => void;

  /** @param onFirst Called when there is something to ask, each time that there was nothing before. */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  add(callback: ObservableCallback, instrument: MmapObservable): void {
    this.#add(callback, [instrument], false);
  }

  remove(callback: ObservableCallback, instrument: MmapObservable): void {
    this.#remove(callback, [instrument], false);
  }

  addBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    const instruments = ours(observables);
    if (instruments.length === 0) {
      warnOnce('a batch callback names no observable instrument of this provider: it will not be called');
      return;
    }
    this.#add(callback, instruments, true);
  }

  removeBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    this.#remove(callback, ours(observables), true);
  }

  #add(
    callback: ObservableCallback | BatchObservableCallback,
    instruments: readonly MmapObservable[],
    isBatch: boolean,
  ): void {
    if (typeof callback !== 'function') {
      warnOnce(`a callback of ${instruments[0].descriptor.name} is no function: it will not be called`);
      return;
    }
    if (this.#find(callback, instruments, isBatch) !== -1) return;
    const observations = new Observations(instruments);
    // of two that observe one set the later one counts: batch callbacks come last, as in the stock SDK
    const at = isBatch ? -1 : this.#all.findIndex((each) => each.isBatch);
    this.#all.splice(at === -1 ? this.#all.length : at, 0, {
      callback,
      instruments,
      isBatch,
      observations,
      isRunning: false,
    });
    if (this.#all.length === 1) this.#onFirst();
  }

  #remove(
    callback: ObservableCallback | BatchObservableCallback,
    instruments: readonly MmapObservable[],
    isBatch: boolean,
  ): void {
    const at = this.#find(callback, instruments, isBatch);
    if (at !== -1) this.#all.splice(at, 1);
  }

  /** The same callback for the same instruments, in any order, is one registration. */
  #find(callback: unknown, instruments: readonly MmapObservable[], isBatch: boolean): number {
    return this.#all.findIndex(
      (each) =>
        each.callback === callback &&
        each.isBatch === isBatch &&
        each.instruments.length === instruments.length &&
        each.instruments.every((instrument) => instruments.includes(instrument)),
    );
  }

  /**
   * Calls everyone and waits for all, but for nobody longer than `timeoutMillis`. Afterwards the observations of each
   * that came to its end are ready to be taken; those of the others are as they were.
   */
  async call(timeoutMillis: number): Promise<readonly Observations[]> {
    const all = this.#all.slice();
    await Promise.all(all.map((each) => this.#call(each, timeoutMillis)));
    return all.map((each) => each.observations);
  }

  async #call(registered: Registered, timeoutMillis: number): Promise<void> {
    const { observations, instruments, isBatch } = registered;
    if (registered.isRunning) {
      warnOnce(
        `${describe(registered)} is still running since an earlier collection: it is not called again before its end`,
      );
      return;
    }
    const call = observations.begin();
    const result = isBatch ? observations.batchResult(call) : observations.resultOf(call, instruments[0]);
    const ended = () => {
      registered.isRunning = false;
    };
    registered.isRunning = true;
    try {
      const returned = (registered.callback as (result: unknown) => unknown)(result);
      if (!isPromise(returned)) {
        ended();
      } else if (!(await endsInTime(returned, timeoutMillis, ended))) {
        observations.discard(call);
        warnOnce(`${describe(registered)} took longer than ${timeoutMillis} ms: what it observed is not taken`);
        return;
      }
      observations.keep(call);
    } catch (error) {
      ended();
      observations.discard(call);
      warnOnce(`${describe(registered)} failed: what it observed is not taken`, error);
    }
  }
}

function ours(observables: readonly Observable[]): MmapObservable[] {
  try {
    const found = Array.isArray(observables) ? observables.filter((each) => each instanceof MmapObservable) : [];
    return [...new Set(found)];
  } catch (error) {
    warnOnce('the observable instruments of a batch callback cannot be read', error);
    return [];
  }
}

function describe({ instruments, isBatch }: Registered): string {
  const names = instruments.map(({ descriptor }) => descriptor.name).join(', ');
  return isBatch ? `the batch callback of ${names}` : `a callback of ${names}`;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

/** Whether a call ended in time. `onEnd` runs when it ends, however late. @throws what the call rejects with, in time. */
async function endsInTime(call: PromiseLike<unknown>, timeoutMillis: number, onEnd: () => void): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMillis);
    timer.unref();
  });
  const ended = Promise.resolve(call).then(() => true);
  ended.then(onEnd, onEnd);
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}
