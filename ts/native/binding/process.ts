// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** The addon itself, and the process that it is in. */
export interface ProcessCalls {
  version(): string;
  /** Random UUID of this process, the same in every thread: service.instance.id. */
  processInstanceId(): string;
  /** Directories that a collector without settings watches, best first. */
  defaultDirectories(): string[];
  /** Bytes that the addon has allocated, buffers that it handed out included; mapped files are none of them. */
  nativeMemory(): number;
  /** Bytes of memory that the process' control group (version 1 or 2) allows; null without a limit. */
  memoryLimit(): number | null;
  /** Gives freed memory back to the system where the allocator would keep it. */
  releaseMemory(): void;
  /** Sends a message such as `READY=1` to the service manager's socket (`NOTIFY_SOCKET`). Throws the system's error. */
  notifyServiceManager(socket: string, state: string): void;
}
