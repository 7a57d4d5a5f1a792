// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Imported first by main.ts: whoever looks for instrumentation later (the register hook, when NODE_OPTIONS names it for
// every process) sees that this is the collector, which must never record itself.
(globalThis as Record<symbol, unknown>)[Symbol.for('otlp-mmap.collector')] = true;
