// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { MmapTracerProvider } from '../../ts/trace/provider';
import { withDirectory } from '../support/written-files';

/** The process' own list of mappings, on Linux; elsewhere there is nothing to look at. */
const MAPS = '/proc/self/maps';

test('providers_that_were_shut_down_leave_no_file_mapped', (t) =>
  withDirectory(async (directory) => {
    for (let i = 0; i < 5; i++) {
      const provider = new MmapTracerProvider({ directory, resourceDetectors: [] });
      provider.getTracer('t').startSpan('span').end();
      await provider.shutdown();
    }
    const mapped = () =>
      existsSync(MAPS) && readFileSync(MAPS, 'utf8').includes(directory) ? 'mapped' : 'nothing mapped';
    // The threads that touch a new file's pages ahead of use hold it a moment longer; ava's timeout is the watchdog.
    while (mapped() === 'mapped') await setTimeout(5);
    t.is(mapped(), 'nothing mapped');
  }));
