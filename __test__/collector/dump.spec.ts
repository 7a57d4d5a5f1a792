// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CommandRun, runCommand } from './command';
import { exportedLogs, exportedSpans, fixtureFile, recordedLogs, recordedSpans, temporaryFolder } from './fixtures';

test('dump prints every field of every ended span that the public SDK wrote, and changes no byte', async (t) => {
  const path = fixtureFile(t, 'a_traces');
  const before = { bytes: readFileSync(path), modified: statSync(path).mtimeMs };
  const { code, stdout, stderr } = await runCommand(t, ['dump', path]);
  t.is(code, 0, stderr);

  const expected = [...recordedSpans().values()].filter(({ endTimeUnixNano }) => endTimeUnixNano !== undefined);
  const found = exportedSpans(stdout);
  t.is(found.size, expected.length);
  for (const span of expected) t.deepEqual(found.get(span.spanId), span, span.name);

  t.true(before.bytes.equals(readFileSync(path)));
  t.is(statSync(path).mtimeMs, before.modified);
});

for (const name of ['c_logs', 'a_traces'] as const) {
  test(`dump --signal logs prints every field of every log record that the public SDK wrote to ${name}`, async (t) => {
    const { code, stdout, stderr } = await runCommand(t, ['dump', '--signal', 'logs', fixtureFile(t, name)]);
    t.is(code, 0, stderr);
    const expected = recordedLogs(name);
    t.true(expected.length > 0);
    t.deepEqual(exportedLogs(stdout), expected);
    t.is(exportedSpans(stdout).size, 0);
  });
}

test('dump --all prints the spans that are still open as well', async (t) => {
  const { code, stdout } = await runCommand(t, ['dump', '--all', fixtureFile(t, 'a_traces')]);
  t.is(code, 0);
  const expected = recordedSpans();
  const found = exportedSpans(stdout);
  t.is(found.size, expected.size);
  const open = [...expected.values()].filter(({ endTimeUnixNano }) => endTimeUnixNano === undefined);
  t.deepEqual(
    open.map(({ name }) => name),
    ['never-ended'],
  );
  const { name, startTimeUnixNano, attributes } = found.get(open[0].spanId)!;
  t.is(name, 'never-ended');
  t.is(startTimeUnixNano, open[0].startTimeUnixNano);
  t.deepEqual(attributes[0], open[0].attributes[0]);
});

test('dump --signal prints nothing of the other signals', async (t) => {
  const path = fixtureFile(t, 'a_traces');
  const traces = await runCommand(t, ['dump', '--signal', 'traces', path]);
  t.true(exportedSpans(traces.stdout).size > 0);
  const { code, stdout } = await runCommand(t, ['dump', '--signal', 'metrics', path]);
  t.is(code, 0);
  t.is(stdout, '');
});

test('a second dump prints the same', async (t) => {
  const path = fixtureFile(t, 'a_traces');
  const first = await runCommand(t, ['dump', path]);
  const second = await runCommand(t, ['dump', path]);
  t.is(first.stdout, second.stdout);
});

type Spoil = (path: string) => void;

/** Writes a 64-bit integer at an offset of the file. */
function poke(path: string, offset: number, value: bigint): void {
  const bytes = readFileSync(path);
  bytes.writeBigInt64LE(value, offset);
  writeFileSync(path, bytes);
}

const SPANS_OFFSET = 16;

const bad: [string, Spoil, RegExp][] = [
  ['is empty', (path) => truncateSync(path, 0), /empty/],
  ['is shorter than a header', (path) => truncateSync(path, 40), /40 bytes.*header/],
  ['is cut off in the middle', (path) => truncateSync(path, 600_000), /ends at byte 600000/],
  ['is something else', (path) => writeFileSync(path, 'dear diary\n'.repeat(1000)), /not an otlp-mmap file/],
  ['has version 2', (path) => poke(path, 0, 2n), /version 2/],
  ['is not ready yet', (path) => poke(path, SPANS_OFFSET, 0n), /not complete yet/],
  ['has a ring outside the file', (path) => poke(path, SPANS_OFFSET, 1n << 40n), /1099511627776.*damaged/],
  ['has a ring whose size is no power of two', (path) => poke(path, 528_480, 1000n), /spans ring: 1000 buffers/],
];

for (const [name, spoil, reason] of bad) {
  test(`a file that ${name} gives one sentence with its name, and the others are printed all the same`, async (t) => {
    const path = fixtureFile(t, 'a_traces');
    spoil(path);
    const { code, stdout, stderr } = await runCommand(t, ['dump', path, fixtureFile(t, 'a_traces')]);
    t.is(code, 1);
    t.is(stderr.trim().split('\n').length, 1, stderr);
    t.true(stderr.startsWith('otlp-mmap-collector: '), stderr);
    t.true(stderr.includes(path), stderr);
    t.regex(stderr.replace(path, ''), reason);
    t.true(exportedSpans(stdout).size > 0, 'the sound file is printed');
  });
}

test('a missing file and a folder each give one sentence with their name', async (t) => {
  const folder = join(temporaryFolder(t), 'folder');
  mkdirSync(folder);
  const missing = join(folder, 'missing.mmap');
  const { code, stdout, stderr } = await runCommand(t, ['dump', missing, folder]);
  t.is(code, 1);
  t.is(stdout, '');
  const [first, second] = stderr.trim().split('\n');
  t.true(first.includes(missing), stderr);
  t.true(second.includes(folder), stderr);
});

test('a reader of standard output that goes away ends dump without a stack trace', async (t) => {
  const files = Array.from({ length: 40 }, () => fixtureFile(t, 'a_traces'));
  const run = new CommandRun(t, ['dump', ...files]);
  await once(run.child.stdout!, 'data');
  run.child.stdout!.destroy();
  t.is(await run.ended(), 0);
  t.is(run.stderr, '');
});
