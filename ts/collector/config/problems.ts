// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { placeOf, type Source, shortened } from './node.js';

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
  readonly #lines: { source: Source | undefined; text: string }[] = [];

  add(path: string, source: Source | undefined, message: string): void {
    const place = source && placeOf(source);
    const shown = path === place ? '' : path.split('.').map(shortened).join('.');
    this.#lines.push({ source, text: [place, shown, message].filter((part) => part).join(': ') });
  }

  get found(): boolean {
    return this.#lines.length > 0;
  }

  /** @throws ConfigError when there are any, in the order of the lines of each file. */
  throwIfAny(): void {
    if (!this.found) return;
    const order = (a: Source | undefined, b: Source | undefined) =>
      a?.name === b?.name ? (a?.line ?? 0) - (b?.line ?? 0) : 0;
    const sorted = [...this.#lines].sort((a, b) => order(a.source, b.source));
    throw new ConfigError([...new Set(sorted.map(({ text }) => text))]);
  }
}
