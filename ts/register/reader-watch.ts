// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { announce } from '../config/diagnostics.js';
import type { WriterStatus } from '../native/binding/writer.js';

/** How long records may wait for a first reader before an operator is told, and how often to look. Milliseconds. */
const PATIENCE = 30_000;
const INTERVAL = 5_000;

/**
 * Says once that nothing reads what this process writes: when there is a file and no reader has visited it within the time of
 * patience since the first record, as far as a look now and then can tell. Ends itself; never keeps the process alive.
 */
export function watchForReader(
  status: () => WriterStatus | undefined,
  { patience = PATIENCE, interval = INTERVAL }: { patience?: number; interval?: number } = {},
): void {
  let writingSince: number | undefined;
  const timer = setInterval(() => {
    const now = performance.now();
    const current = status();
    if (current === undefined || current.readerHeartbeat > 0) {
      clearInterval(timer);
    } else if (current.file !== undefined) {
      writingSince ??= now - interval;
      if (now - writingSince >= patience) {
        clearInterval(timer);
        announce('warn', adviceOn(current.directory, current.file, patience));
      }
    }
  }, interval);
  timer.unref();
}

function adviceOn(directory: string, file: string, patience: number): string {
  // A collector takes files of any other name only when it is given that.
  const source = file.endsWith('.mmap') ? `--dir ${directory}` : `--file ${file}`;
  return (
    `no collector has read ${directory} for ${patience / 1_000} s: what is recorded stays there until one does. ` +
    `Start one with: npx otlp-mmap-collector ${source}`
  );
}
