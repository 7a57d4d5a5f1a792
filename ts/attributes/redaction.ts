// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { INVALID, plainAttributeValue } from './plain-value.js';

/**
 * Decides what of a value reaches the file: returns it, another one in its place, or undefined to leave it out. Called for each
 * attribute with its key, and for the body of a log record with the key `body`; where it returns a map or an array as it was given, also
 * for the entries of the maps within, with their own keys. A hook that throws leaves the value out.
 */
export type Redact = (key: string, value: unknown) => unknown;

/** The user's hook, as the providers use it. */
export class Redaction {
  readonly #hook: Redact;
  #hasFailed = false;

  constructor(hook: Redact) {
    this.#hook = hook;
  }

  /** What is kept of a value that is plain data; undefined when nothing is. */
  of(key: string, value: unknown): unknown {
    let kept: unknown;
    try {
      kept = this.#hook(key, value);
    } catch (error) {
      this.#tell(key, error);
      return undefined;
    }
    if (typeof kept !== 'object' || kept === null) {
      return typeof kept === 'function' || typeof kept === 'symbol' ? undefined : kept;
    }
    if (kept === value) return this.#within(value);
    const { value: copy } = plainAttributeValue(kept, Number.POSITIVE_INFINITY);
    return copy === INVALID ? undefined : copy;
  }

  /** Applies the hook to the entries of maps, at any depth. */
  #within(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = this.#within(value[i]);
      return value;
    }
    const map = value as Record<string, unknown>;
    for (const key of Object.keys(map)) {
      const kept = this.of(key, map[key]);
      if (kept === undefined) delete map[key];
      else Object.defineProperty(map, key, { value: kept, enumerable: true, configurable: true, writable: true });
    }
    return map;
  }

  #tell(key: string, error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    diag.error(
      `otlp-mmap: the redact hook threw for ${JSON.stringify(key)}: values for which it throws are left out; ` +
        'further errors of it are not reported',
      error,
    );
  }
}
