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

/** V8's own function, whether or not the process was started with --expose-gc. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
