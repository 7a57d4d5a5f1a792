// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ConfigNode } from '../node.js';
import type { ProblemSink } from '../problems.js';

/**
 * What a value of the configuration may be. One description serves reading, its messages, and showing the configuration
 * with secrets masked.
 */
export interface Schema<T> {
  /**
   * Reads a value; undefined stands for a key that is not there.
   *
   * @param path Keys down to the value, for messages.
   * @returns the value with defaults filled in; anything, when a problem was added.
   */
  read(node: ConfigNode | undefined, path: string, problems: ProblemSink): T;
  /** The value as a person would write it, defaults filled in and secrets masked; undefined for nothing. */
  show(node: ConfigNode | undefined): unknown;
  /** Every key that there is, with its default or null; left out where `show` of nothing is all that there is to say. */
  outline?(): unknown;
}

/** What a value may hold, keys with their defaults; null where there is neither. */
export function outlineOf(schema: Schema<unknown>): unknown {
  return schema.outline === undefined ? (schema.show(undefined) ?? null) : schema.outline();
}

/** The type that a schema reads. */
export type Read<S> = S extends Schema<infer T> ? T : never;

/** In place of a secret wherever the configuration is shown. */
export const MASKED = '[REDACTED]';

/** Options that every kind of value has. `default` is in the notation of the file, as in `200ms`. */
export interface Presence {
  default?: string | number | boolean;
}
