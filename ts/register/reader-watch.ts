// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { announce } from '../config/diagnostics.js';
import type { WriterStatus } from '../native/binding.js';

/** How long records may wait for a first reader before an operator is told. */
export const READER_PATIENCE = 30_000;

/**
 * Says once that nothing reads what this process writes: when there is a file and no reader has visited it within READER_PATIENCE
 * of the first record, as far as a look every few seconds can tell. Ends itself; never keeps the process alive.
 */
export function watchForReader(status: () => WriterStatus | undefined, interval = 5_000): void {
  let writingSince: number | undefined;
  const timer = setInterval(() => {
    const now = performance.now();
    const current = status();
    if (current === undefined || current.readerHeartbeat > 0) {
      clearInterval(timer);
    } else if (current.file !== undefined) {
      writingSince ??= now - interval;
      if (now - writingSince >= READER_PATIENCE) {
        clearInterval(timer);
        announce('warn', adviceOn(current.directory));
      }
    }
  }, interval);
  timer.unref();
}

function adviceOn(directory: string): string {
  const seconds = READER_PATIENCE / 1_000;
  return (
    `no collector has read ${directory} for ${seconds} s: what is recorded stays there until one does. ` +
    `Start one with: npx otlp-mmap-collector --dir ${directory}`
  );
}
