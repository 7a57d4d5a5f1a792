// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { AppBinding } from './binding/app.js';
import { SCRATCH_LENGTH, SCRATCH_RECORD } from './layout.js';

/** Who has attributes in the pending region that are not in a file yet. */
export interface PendingOwner {
  flush(): void;
}

/** What all copies of the package that are loaded into one thread must share: there is one scratch buffer a thread. */
interface ThreadScratch {
  readonly buffer: ArrayBuffer;
  /** A Buffer, because its `write` encodes UTF-8 to any place without making a view first. */
  readonly bytes: Buffer;
  readonly view: DataView;
  /** The words in front of the record (SCRATCH_*), by offset / 4. Signed, so that what is read from here is a small integer. */
  readonly words: Int32Array;
  readonly attached: WeakSet<AppBinding>;
  pendingOwner: PendingOwner | undefined;
}

const KEY = Symbol.for('otlp-mmap.scratch.1');
const holder = globalThis as { [KEY]?: ThreadScratch };

function createThreadScratch(): ThreadScratch {
  const buffer = new ArrayBuffer(SCRATCH_LENGTH);
  const scratch = {
    buffer,
    bytes: Buffer.from(buffer),
    view: new DataView(buffer),
    words: new Int32Array(buffer, 0, SCRATCH_RECORD / 4),
    attached: new WeakSet<AppBinding>(),
    pendingOwner: undefined,
  };
  Object.defineProperty(holder, KEY, { value: scratch });
  return scratch;
}

/** The buffer in which this thread builds records. Native code knows its address; it never moves and is never freed. */
export const threadScratch: ThreadScratch = holder[KEY] ?? createThreadScratch();

/** Tells native code about the buffer; to be called before the first commit. */
export function attachScratch(binding: AppBinding): void {
  if (threadScratch.attached.has(binding)) return;
  binding.attachScratch(threadScratch.buffer);
  threadScratch.attached.add(binding);
}
