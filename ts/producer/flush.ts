// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { AppBinding } from '../native/binding/app.js';
import type { WriterStatus } from '../native/binding/writer.js';

/** A reader visits a file at least once a second; one that was last there longer ago than this is gone. */
const READER_ABSENCE = 5_000;
/** How long to wait for a reader to turn up: a collector needs a moment to find a new file. */
const READER_PATIENCE = 2_000;
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 50;

/**
 * Resolves when everything that was written so far is exported: every destination of the collector has acknowledged it. At once
 * when there is no file.
 *
 * @throws Error naming the directory and the remedy, when no reader is attached or when `timeoutMillis` have passed.
 */
export async function awaitExport(binding: AppBinding, writer: number, timeoutMillis: number): Promise<void> {
  const epoch = binding.requestFlush(writer);
  if (epoch === 0) return;
  const begin = performance.now();
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const status = binding.writerStatus(writer);
    if (status.acknowledgedEpoch >= epoch) return;
    const waited = performance.now() - begin;
    const isLate = waited >= timeoutMillis;
    if ((isLate || waited >= READER_PATIENCE) && isAbsent(status)) throw new Error(unattended(status));
    if (isLate) throw new Error(overdue(status, timeoutMillis));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function isAbsent({ readerHeartbeat }: WriterStatus): boolean {
  return Date.now() - readerHeartbeat > READER_ABSENCE;
}

function overdue({ directory, file }: WriterStatus, timeoutMillis: number): string {
  return (
    `otlp-mmap: ${file ?? directory} was not exported within ${timeoutMillis} ms. Its records are safe there; ` +
    'see the log of the otlp-mmap-collector that reads it for what holds it up.'
  );
}

function unattended({ directory, file }: WriterStatus): string {
  return (
    `otlp-mmap: no collector reads ${file ?? directory}. Its records stay there until one does; ` +
    `start one with: npx otlp-mmap-collector --dir ${directory}`
  );
}
