// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test from 'ava';
import { Child, runNode } from '../support/child';
import { isIncomplete } from '../support/reader';
import { spansIn, withDirectory } from '../support/written-files';

const apps = join(__dirname, 'apps');

for (let round = 0; round < 8; round++) {
  test(`every_span_whose_end_returned_survives_kill_9_round_${round}`, (t) =>
    withDirectory(async (directory) => {
      const child = new Child([join(apps, 'endless-spans.mjs'), directory]);
      await child.printed((out) => out.includes('ended'));
      // Anywhere from the first span to the last.
      const enough = Math.random() ** 2 * 600_000;
      await child.printed((out) => out.length > enough || out.endsWith('done\n'));
      child.process.kill('SIGKILL');
      t.is((await child.ended).signal, 'SIGKILL');

      const spans = new Map(spansIn(directory, true).map((span) => [span.span.spanId as string, span]));
      const ended = new Set<string>();
      const started = new Set<string>();
      for (const line of child.lines()) {
        const [what, id] = line.split(' ');
        (what === 'ended' ? ended : started).add(id);
      }
      started.delete(undefined as unknown as string);
      t.true(ended.size > 0);
      for (const id of ended) {
        const span = spans.get(id);
        if (span === undefined || isIncomplete(span)) {
          t.fail(`span ${id} ended before the kill and is ${span ? 'incomplete' : 'lost'}`);
        }
      }
      for (const id of started) {
        if (!ended.has(id)) {
          t.truthy(spans.get(id), 'a span that was started before the kill is there');
        }
      }
      // What the process did and could not say any more is at most one span further.
      t.true(spans.size - started.size <= 1);
      t.true([...spans.values()].filter(isIncomplete).length <= 1);
    }));
}

const deaths = [
  { death: 'exit', code: 3, signal: null },
  { death: 'throw', code: 1, signal: null },
  { death: 'reject', code: 1, signal: null },
  { death: 'abort', code: null, signal: 'SIGABRT' },
  { death: 'SIGKILL', code: null, signal: 'SIGKILL' },
  { death: 'SIGTERM', code: null, signal: 'SIGTERM' },
] as const;

for (const { death, code, signal } of deaths) {
  test(`${death}_loses_nothing_and_stays_what_it_was`, (t) =>
    withDirectory(async (directory) => {
      const child = await runNode([join(apps, 'last-words.mjs'), directory, death]);
      t.is(child.code, code);
      t.is(child.signal, signal);
      const spans = spansIn(directory, true);
      t.deepEqual(spans.map(({ span }) => span.name).sort(), ['ended', 'open']);
      for (const span of spans) {
        t.is(isIncomplete(span), span.span.name === 'open');
        const keys = (span.span.attributes as { key: string }[]).map(({ key }) => key);
        // abort() ends the process within the turn that set the attribute; the promise is for the end of the turn.
        t.true(keys.includes('how') || (death === 'abort' && span.span.name === 'open'));
      }
    }));
}
