// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Child, runNode } from '../support/child';
import type { FlatSpan } from '../support/otlp-json';
import { attributeOf, isIncomplete, Reader } from '../support/reader';
import { filesGone, spansIn, withDirectory } from '../support/written-files';

const apps = join(__dirname, 'apps');

/** Ids of the spans that a child told of: those whose start returned, and of these those whose end returned. */
function reportedBy(child: Child): { started: string[]; ended: Set<string> } {
  const idsAfter = (word: string) =>
    child
      .lines()
      .filter((line) => line.startsWith(word))
      .map((line) => line.slice(word.length));
  return { started: idsAfter('started '), ended: new Set(idsAfter('ended ')) };
}

/** Every span that the child told of is there as it said, and at most one more that it could not tell of. */
function nothingIsLost(t: ExecutionContext, child: Child, found: FlatSpan[]): void {
  const spans = new Map(found.map((span) => [span.span.spanId as string, span]));
  t.is(spans.size, found.length, 'no span is there twice');
  const { started, ended } = reportedBy(child);
  t.true(ended.size > 0);
  for (const id of started) {
    const span = spans.get(id);
    if (span === undefined) {
      t.fail(`span ${id} was started before the kill and is lost`);
    } else if (ended.has(id) && isIncomplete(span)) {
      t.fail(`span ${id} ended before the kill and is incomplete`);
    }
  }
  t.true(spans.size - started.length <= 1);
  t.true(found.filter(isIncomplete).length <= 1);
}

/** Kills the child anywhere between its first span and one long after. */
async function killSomewhere(child: Child): Promise<NodeJS.Signals | null> {
  const enough = Math.random() ** 2 * 600_000;
  await child.printed((out) => out.length > enough || out.endsWith('done\n'));
  child.process.kill('SIGKILL');
  return (await child.ended).signal;
}

for (let round = 0; round < 8; round++) {
  test(`every_span_whose_end_returned_survives_kill_9_round_${round}`, (t) =>
    withDirectory(async (directory) => {
      const child = new Child([join(apps, 'endless-spans.mjs'), directory, '10000']);
      await child.printed((out) => out.includes('ended'));
      t.is(await killSomewhere(child), 'SIGKILL');
      nothingIsLost(t, child, spansIn(directory, true));
    }));
}

for (let round = 0; round < 4; round++) {
  test(`every_span_whose_end_returned_survives_kill_9_while_a_reader_is_at_work_round_${round}`, (t) =>
    withDirectory(async (directory) => {
      const reader = new Reader(directory);
      const child = new Child([join(apps, 'endless-spans.mjs'), directory, '1000000']);
      await child.printed((out) => out.includes('ended'));
      t.is(await killSomewhere(child), 'SIGKILL');
      // The file of the dead goes once it is drained and acknowledged.
      await filesGone(directory);
      await reader.stop();
      nothingIsLost(t, child, reader.spans);
    }));
}

for (let round = 0; round < 3; round++) {
  test(`every_long_value_whose_span_ended_survives_kill_9_whole_round_${round}`, (t) =>
    withDirectory(async (directory) => {
      const child = new Child([join(apps, 'endless-long-values.mjs'), directory, '3000']);
      const enough = 100 + Math.random() * 20_000;
      await child.printed((out) => out.length > enough || out.endsWith('done\n'));
      child.process.kill('SIGKILL');
      t.is((await child.ended).signal, 'SIGKILL');
      const ended = child.lines().filter((line) => line.startsWith('ended '));
      const spans = new Map(spansIn(directory).map((span) => [Number(span.span.name), span]));
      for (const line of ended) {
        const i = Number(line.slice('ended '.length));
        t.true(attributeOf(spans.get(i)!, 'text') === `${i} `.repeat((i * 131) % 4000), `span ${i}`);
      }
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
