// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { CellCalls } from './cells.js';
import type { ProcessCalls } from './process.js';
import type { RecordCalls } from './records.js';
import type { WriterCalls } from './writer.js';

/** What an app calls, and nothing of what a collector does: what the package's types lead to needs no types of Node.js. */
export interface AppBinding extends Pick<ProcessCalls, 'processInstanceId'>, WriterCalls, RecordCalls, CellCalls {}
