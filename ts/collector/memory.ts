// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { NativeBinding } from '../native/binding.js';

/** The memory of this process, as far as limiting it can help. */
export interface Memory {
  /** Bytes in use: JavaScript's heap, its buffers and the native addon's own. Mapped files are not among them. */
  used(): number;
  /** Bytes that the process may use: its control group's limit, else all of the machine. */
  available(): number;
  /** Collects garbage now, and gives what it leaves back to the system. */
  collect(): void;
}

export function memoryOf(binding: NativeBinding): Memory {
  let collectGarbage: (() => void) | undefined;
  return {
    used() {
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      // Buffers that the addon handed out are in what it has allocated, and in `external` as well.
      return heapUsed + arrayBuffers + Math.max(external - arrayBuffers, binding.nativeMemory());
    },
    available: () => Math.min(binding.memoryLimit() ?? Number.POSITIVE_INFINITY, totalmem()),
    collect() {
      collectGarbage ??= garbageCollector();
      collectGarbage();
      binding.releaseMemory();
    },
  };
}

/** Bytes of buffers handed to JavaScript after which the young of its heap are looked through. */
const YOUNG_BYTES = 16 << 20;
/** Bytes of buffers beyond what was left the last time, after which the old are. */
const OLD_BYTES = 24 << 20;

/**
 * Has dead buffers go early. V8 sees little of its own heap used by a piece, so those that were sent would pile up by the dozens of
 * megabytes before it looks. Nearly all of them die young, and looking through the young takes a fraction of a millisecond; the few
 * that were in use just then become old, and wait until there are many of them.
 *
 * @returns to be told the bytes of each buffer that comes.
 */
export function bufferCollector(binding: NativeBinding): (bytes: number) => void {
  const collectGarbage = garbageCollector();
  let handed = 0;
  let left = binding.nativeMemory();
  return (bytes) => {
    handed += bytes;
    if (handed < YOUNG_BYTES) return;
    handed = 0;
    collectGarbage({ type: 'minor' });
    const kept = binding.nativeMemory();
    left = Math.min(left, kept);
    if (kept < left + OLD_BYTES) return;
    collectGarbage();
    left = binding.nativeMemory();
  };
}

/** V8's own function, whether or not the process was started with --expose-gc. */
function garbageCollector(): (options?: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
