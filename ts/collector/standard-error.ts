// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { printable } from './terminal.js';

/** A sentence about what went otherwise than asked, on standard error; what a file or a peer has put into it cannot steer the terminal. */
export function tell(sentence: string): void {
  process.stderr.write(`otlp-mmap-collector: ${printable(sentence)}\n`);
}
