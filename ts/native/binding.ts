// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { AppBinding } from './binding/app.js';
import type { JournalCalls } from './binding/journal.js';
import type { PieceCalls } from './binding/piece-processor.js';
import type { ProcessCalls } from './binding/process.js';
import type { ReceiverCalls } from './binding/receiver.js';
import type { ScraperCalls } from './binding/scraper.js';
import type { ViewerCalls } from './binding/viewer.js';

export type * from './binding/app.js';
export type * from './binding/cells.js';
export type * from './binding/journal.js';
export type * from './binding/metric-stream.js';
export type * from './binding/piece-processor.js';
export type * from './binding/process.js';
export type * from './binding/receiver.js';
export type * from './binding/records.js';
export type * from './binding/scraper.js';
export type * from './binding/viewer.js';
export type * from './binding/writer.js';

/**
 * What the native addon offers to TypeScript, area by area. Functions marked "raw" are registered by hand through Node-API: they take
 * integers only, clamp each, never throw and cost about 20 ns. All state lives in the process: a writer handle is valid in
 * every thread of it.
 */
export interface NativeBinding
  extends AppBinding,
    ProcessCalls,
    ReceiverCalls,
    JournalCalls,
    PieceCalls,
    ScraperCalls,
    ViewerCalls {}
