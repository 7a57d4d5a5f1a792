// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { AppendFile, NO_ROTATION } from '../../ts/collector/exporters/file/append-file';
import { fileExporter } from '../../ts/collector/exporters/file/factory';
import { jsonLines, lengthPrefixed } from '../../ts/collector/exporters/file/framing';
import { requestToJson } from '../../ts/collector/exporters/request-json';
import { loadBinding } from '../../ts/native/loader';
import { batchOf } from './batches';
import { configured, destinationOf, QUICK_RETRIES } from './destinations';
import { temporaryFolder } from './fixtures';
import { tracesRequest } from './requests';

/** An encoded request with one span of this name. */
function request(name: string): Buffer {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const span = Buffer.concat([
    field(1, Buffer.alloc(16, 1)),
    field(2, Buffer.alloc(8, 2)),
    field(5, Buffer.from(name)),
  ]);
  return field(1, field(2, field(2, span)));
}

function namesIn(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const spans = JSON.parse(line).resourceSpans.flatMap(
        ({ scopeSpans }: { scopeSpans: { spans: { name: string }[] }[] }) => scopeSpans.flatMap(({ spans }) => spans),
      );
      return spans.map(({ name }: { name: string }) => name).join('+');
    });
}

const json = jsonLines(requestToJson(loadBinding()));
const line = (text: string) => Buffer.from(`${text}\n`);

test('each batch is one line, its parts joined into one request', async (t) => {
  const folder = temporaryFolder(t);
  const { destination } = destinationOf(fileExporter, { directory: folder });
  t.true(await destination.deliver(batchOf(request('a'), request('b'))));
  t.true(await destination.deliver(batchOf(request('c'))));
  await destination.close();
  t.deepEqual(namesIn(join(folder, 'traces.jsonl')), ['a+b', 'c']);
});

test('a file of an earlier run is continued, after a line break if that run was killed in mid-line', async (t) => {
  const path = join(temporaryFolder(t), 'traces.jsonl');
  writeFileSync(path, '{"whole":1}\n{"half":');
  const file = new AppendFile(path, json, NO_ROTATION);
  await file.append(line('{"next":1}'));
  await file.close();
  t.is(readFileSync(path, 'utf8'), '{"whole":1}\n{"half":\n{"next":1}\n');
});

test('a capped file never grows beyond its size, and the one before it is kept', async (t) => {
  const path = join(temporaryFolder(t), 'traces.jsonl');
  const file = new AppendFile(path, json, { maxBytes: 100, maxBackups: 1, maxDays: 0 });
  t.is(file.backupPath(1), path.replace('traces.jsonl', 'traces.1.jsonl'));
  for (let number = 0; number < 25; number++) {
    await file.append(line(`"line ${String(number).padStart(2, '0')} ${'.'.repeat(10)}"`));
    t.true(statSync(path).size <= 100);
  }
  await file.close();
  const [before, now] = [file.backupPath(1), path].map((name) => readFileSync(name, 'utf8').trim().split('\n'));
  t.is(before.length, 4);
  t.deepEqual(
    [...before, ...now].map((line) => line.slice(6, 8)),
    ['20', '21', '22', '23', '24'],
  );
});

test('a line longer than the cap is written all the same', async (t) => {
  const path = join(temporaryFolder(t), 'traces.jsonl');
  const file = new AppendFile(path, json, { maxBytes: 10, maxBackups: 1, maxDays: 0 });
  await file.append(line('"longer than ten bytes"'));
  await file.close();
  t.is(readFileSync(path, 'utf8'), '"longer than ten bytes"\n');
});

test('a full disk is told with the path and the remedy, and is not final', async (t) => {
  const folder = temporaryFolder(t);
  symlinkSync('/dev/full', join(folder, 'traces.jsonl'));
  const { destination, log } = destinationOf(fileExporter, { directory: folder, retry_on_failure: QUICK_RETRIES });
  void destination.deliver(batchOf(request('a')));
  while (!destination.counters.signals.traces?.retries) await new Promise(setImmediate);
  const remedy = 'ENOSPC: no space left; free some, or limit the file (--max-file-size, rotation)';
  t.true(log().includes(`cannot write to ${join(folder, 'traces.jsonl')} (${remedy})`), log());
  await destination.retire(async () => true);
  await destination.close();
});

test('as many older files are kept as was asked for, and none beyond its days', async (t) => {
  const path = join(temporaryFolder(t), 'all.jsonl');
  const file = new AppendFile(path, json, { maxBytes: 1, maxBackups: 3, maxDays: 2 });
  for (let number = 0; number < 6; number++) await file.append(line(String(number)));
  const backups = () =>
    [1, 2, 3, 4].map((number) => existsSync(file.backupPath(number)) && readFileSync(file.backupPath(number), 'utf8'));
  t.deepEqual(backups(), ['4\n', '3\n', '2\n', false]);
  const old = Date.now() / 1000 - 3 * 86_400;
  utimesSync(file.backupPath(2), old, old);
  await file.append(line('6'));
  t.deepEqual(backups(), ['5\n', '4\n', false, false]);
  await file.close();
});

test('one path takes all signals; proto has each request behind its length, and half of one is cut off', async (t) => {
  const path = join(temporaryFolder(t), 'all.binpb');
  const section = { path, format: 'proto' };
  const first = destinationOf(fileExporter, section);
  t.true(await first.destination.deliver(batchOf(request('a'), request('b'))));
  t.true(await first.destination.deliver({ ...batchOf('logs'), signal: 'logs' }));
  await first.destination.close();
  const whole = readFileSync(path);
  const frame = (body: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, body.length]), body]);
  t.deepEqual(whole, Buffer.concat([frame(Buffer.concat([request('a'), request('b')])), frame(Buffer.from('logs'))]));

  for (const half of [Buffer.from([0, 0]), Buffer.from([0, 0, 0, 9, 1, 2, 3])]) {
    writeFileSync(path, Buffer.concat([whole, half]));
    const file = new AppendFile(path, lengthPrefixed, NO_ROTATION);
    await file.append(frame(Buffer.from('next')));
    await file.close();
    t.deepEqual(readFileSync(path), Buffer.concat([whole, frame(Buffer.from('next'))]));
  }
});

for (const [what, away] of [
  ['moved away, as logrotate does it', (path: string) => renameSync(path, `${path}-20260101`)],
  ['removed', (path: string) => rmSync(path)],
  ['removed with its folder', (path: string) => rmSync(dirname(path), { recursive: true })],
  [
    'replaced by another',
    (path: string) => {
      rmSync(path);
      writeFileSync(path, '');
    },
  ],
] as const) {
  test(`a file that was ${what} is begun anew: nothing goes where nobody looks`, async (t) => {
    const path = join(temporaryFolder(t), 'folder', 'traces.jsonl');
    const { destination } = destinationOf(fileExporter, { path });
    t.true(await destination.deliver(batchOf(request('before'))));
    away(path);
    t.true(await destination.deliver(batchOf(request('after'))));
    t.true(await destination.deliver(batchOf(request('more'))));
    await destination.close();
    t.deepEqual(namesIn(path), ['after', 'more']);
    if (what.startsWith('moved')) t.deepEqual(namesIn(`${path}-20260101`), ['before']);
  });
}

test('a folder that cannot be made is told before anything is exported', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const { destination } = destinationOf(fileExporter, { directory: join(folder, 'file', 'below') });
  await t.throwsAsync(destination.start(), { message: /cannot write to .*file\/below\/traces\.jsonl \(ENOTDIR/ });
});

test('a folder below one whose existence the system denies is told, and not tried for ever', async (t) => {
  t.timeout(10_000);
  const { destination } = destinationOf(fileExporter, { directory: '/proc/nobody/has/it' });
  await t.throwsAsync(destination.start(), { message: /cannot write to \/proc\/nobody\/has\/it\/traces\.jsonl/ });
});

test('a section without a place, or with two, is explained', (t) => {
  t.throws(() => configured(fileExporter, {}), { message: /exporters\.file\.path: is required; or directory/ });
  t.throws(() => configured(fileExporter, { path: 'a', directory: 'b' }), { message: /directory: excludes path/ });
});

test('a batch that could not be written waits, and is written once when it can be', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'traces.jsonl');
  mkdirSync(path);
  const { destination, log } = destinationOf(fileExporter, {
    directory: folder,
    retry_on_failure: QUICK_RETRIES,
  });
  const delivered = destination.deliver(batchOf(request('a')));
  while (!destination.counters.signals.traces?.retries) await new Promise(setImmediate);
  t.true(log().includes(path), log());
  rmdirSync(path);
  t.true(await delivered);
  await destination.close();
  t.deepEqual(namesIn(path), ['a']);
});

test('what has one path writes in turns: every line is whole, also while another configuration takes over', async (t) => {
  const path = join(temporaryFolder(t), 'all.jsonl');
  const span = { name: 'x'.repeat(3 << 20) };
  const running = [1, 2].map(() => destinationOf(fileExporter, { path }).destination);
  const delivered: Promise<boolean>[] = [];
  for (let round = 0; round < 4; round++) {
    for (const destination of running) delivered.push(destination.deliver(batchOf(tracesRequest([span]))));
    // A reload opens the file, and mends what an earlier run may have left half written.
    const next = destinationOf(fileExporter, { path }).destination;
    await next.start();
    delivered.push(next.deliver(batchOf(tracesRequest([span]))));
    running.push(next);
  }
  t.true((await Promise.all(delivered)).every(Boolean));
  await Promise.all(running.map((destination) => destination.close()));
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  t.is(lines.length, delivered.length);
  for (const line of lines) t.notThrows(() => JSON.parse(line));
});
