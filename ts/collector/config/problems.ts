// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Source } from './node';

/** A configuration that cannot be right: one line a mistake, each with its place. Exit code 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Takes mistakes. */
export interface ProblemSink {
  /** @param path Keys down to the value, as in `processors.batch.timeout`; empty for the document. */
  add(path: string, source: Source | undefined, message: string): void;
}

/** Gathers mistakes, so that all of them are told at once. */
export class Problems implements ProblemSink {
  readonly #lines: string[] = [];

  add(path: string, source: Source | undefined, message: string): void {
    const place = source && (source.line === undefined ? source.name : `${source.name}:${source.line}`);
    this.#lines.push([place, path, message].filter((part) => part).join(': '));
  }

  get found(): boolean {
    return this.#lines.length > 0;
  }

  /** @throws ConfigError when there are any. */
  throwIfAny(): void {
    if (this.found) throw new ConfigError([...new Set(this.#lines)]);
  }
}
