// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Loaded before a collector (`--require`), it has Node.js warn of something at once, and throws what nobody catches at SIGUSR2.

process.emitWarning('mind the gap', 'TestWarning');
process.on('SIGUSR2', () => {
  throw new Error('nobody expects this');
});
