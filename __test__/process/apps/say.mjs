// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeSync } from 'node:fs';

/** A line on standard output that the pipe has when this returns: what was said before a kill is known. */
export function say(line) {
  for (;;) {
    try {
      return writeSync(1, `${line}\n`);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}
