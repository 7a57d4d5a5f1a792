// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBinding } from '../../ts/native/loader';
import { type FlatMetric, flattenMetrics } from './metric-json';
import { type FlatLog, type FlatSpan, flatten, flattenLogs } from './otlp-json';

/** Calls `use` with a folder of its own, which is gone afterwards. */
export async function withDirectory<T>(use: (directory: string) => T | Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'otlp-mmap-test-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Paths of the files of a directory. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(directory, name));
}

/** Resolves when the directory has at most `remaining` files. The test's own time limit ends the wait. */
export async function filesGone(directory: string, remaining = 0): Promise<void> {
  while (filesIn(directory).length > remaining) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The log records in the files of a directory. */
export function logsIn(directory: string): FlatLog[] {
  return filesIn(directory).flatMap((file) =>
    flattenLogs(
      loadBinding()
        .dump(file, { all: false, signals: ['logs'] })
        .map((line) => JSON.parse(line)),
    ),
  );
}

/** The spans in the files of a directory, ended ones only or `all`. */
export function spansIn(directory: string, all = false): FlatSpan[] {
  return filesIn(directory).flatMap((file) =>
    flatten(
      loadBinding()
        .dump(file, { all, signals: ['traces'] })
        .map((line) => JSON.parse(line)),
    ),
  );
}

/** The metrics in the files of a directory, as they stand. */
export function metricsIn(directory: string): FlatMetric[] {
  const lines = filesIn(directory).flatMap((file) => loadBinding().dump(file, { all: false, signals: ['metrics'] }));
  return flattenMetrics(lines.map((line) => JSON.parse(line)));
}
