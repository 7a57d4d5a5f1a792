// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Loaded before a collector (`--require`), it has it take 400 MiB of memory at SIGUSR2, and let go of them at the next.

let taken;

process.on('SIGUSR2', () => {
  taken = taken === undefined ? Buffer.alloc(400 << 20, 1) : undefined;
});
