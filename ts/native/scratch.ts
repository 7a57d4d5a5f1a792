// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding } from './binding.js';
import { SCRATCH_LENGTH } from './layout.js';

/** Who has attributes in the pending region that are not in a file yet. */
export interface PendingOwner {
  flush(): void;
}

/** What all copies of the package that are loaded into one thread must share: there is one scratch buffer a thread. */
interface ThreadScratch {
  readonly buffer: ArrayBuffer;
  readonly attached: WeakSet<NativeBinding>;
  pendingOwner: PendingOwner | undefined;
}

const KEY = Symbol.for('otlp-mmap.scratch.1');
const holder = globalThis as { [KEY]?: ThreadScratch };

function createThreadScratch(): ThreadScratch {
  const scratch = {
    buffer: new ArrayBuffer(SCRATCH_LENGTH),
    attached: new WeakSet<NativeBinding>(),
    pendingOwner: undefined,
  };
  Object.defineProperty(holder, KEY, { value: scratch });
  return scratch;
}

/** The buffer in which this thread builds records. Native code knows its address; it never moves and is never freed. */
export const threadScratch: ThreadScratch = holder[KEY] ?? createThreadScratch();

/** A Buffer, because its `write` encodes UTF-8 to any place without making a view first. */
export const bytes: Buffer = Buffer.from(threadScratch.buffer);
export const view = new DataView(threadScratch.buffer);
/** The words in front of the record (SCRATCH_*), by offset / 4. Signed, so that what is read from here is a small integer. */
export const words = new Int32Array(threadScratch.buffer, 0, 16);

/** Tells native code about the buffer; to be called before the first commit. */
export function attachScratch(binding: NativeBinding): void {
  if (threadScratch.attached.has(binding)) return;
  binding.attachScratch(threadScratch.buffer);
  threadScratch.attached.add(binding);
}
