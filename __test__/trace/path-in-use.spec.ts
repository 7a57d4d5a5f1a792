// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { resourceFromAttributes } from '@opentelemetry/resources';
import test from 'ava';
import { MmapTracerProvider } from '../../ts/trace/provider';
import { warningsOf } from '../support/warnings';
import { withDirectory } from '../support/written-files';

test('a_path_that_a_living_writer_holds_is_left_to_it_and_that_is_said_once', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'held.mmap');
    const [first, second] = ['first', 'second'].map(
      (name) =>
        new MmapTracerProvider({
          file,
          resource: resourceFromAttributes({ 'service.name': name }),
          resourceDetectors: [],
        }),
    );
    first.getTracer('t').startSpan('one').end();
    const lines = warningsOf(() => {
      second.getTracer('t').startSpan('two').end();
      second.getTracer('u').startSpan('three').end();
    });
    t.is(lines.filter((line) => line.includes(file)).length, 1, lines.join('\n'));
    const elsewhere = second.status()?.file;
    t.not(elsewhere, file);
    t.is(first.status()?.file, file);
    await Promise.all([first.shutdown(), second.shutdown()]);
    if (elsewhere !== undefined) rmSync(elsewhere);
  }));
