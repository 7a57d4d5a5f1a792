// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import test from 'ava';
import { MmapTracerProvider } from '../../ts/trace/provider';
import { withDirectory } from '../support/written-files';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('providers_that_were_shut_down_leave_no_file_mapped', (t) =>
  withDirectory(async (directory) => {
    for (let i = 0; i < 5; i++) {
      const provider = new MmapTracerProvider({ directory, resourceDetectors: [] });
      provider.getTracer('t').startSpan('span').end();
      await provider.shutdown();
    }
    // A thread that touches a file's pages ahead of use may hold the last one a moment longer.
    const mapped = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes(directory));
    t.true(mapped.length <= 1, mapped.join('\n'));
  }),
);
