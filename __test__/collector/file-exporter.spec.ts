// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdirSync, readFileSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fileExporter as fileExporterFactory } from '../../ts/collector/exporters/file/factory';
import { FileExporter } from '../../ts/collector/exporters/file/file';
import { JsonLinesFile } from '../../ts/collector/exporters/file/json-lines';
import { requestToJson } from '../../ts/collector/exporters/request-json';
import { loadBinding } from '../../ts/native/loader';
import { batchOf } from './batches';
import { destinationOf, QUICK_RETRIES } from './destinations';
import { temporaryFolder } from './fixtures';

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

function fileExporter(folder: string, maxSize = 0): FileExporter {
  return new FileExporter(folder, maxSize, requestToJson(loadBinding()));
}

test('each batch is one line, its parts joined into one request', async (t) => {
  const folder = temporaryFolder(t);
  const exporter = fileExporter(folder);
  t.deepEqual(await exporter.send(batchOf(request('a'), request('b'))), { kind: 'sent' });
  t.deepEqual(await exporter.send(batchOf(request('c'))), { kind: 'sent' });
  await exporter.close();
  t.deepEqual(namesIn(join(folder, 'traces.jsonl')), ['a+b', 'c']);
});

test('a file of an earlier run is continued, after a line break if that run was killed in mid-line', async (t) => {
  const path = join(temporaryFolder(t), 'traces.jsonl');
  writeFileSync(path, '{"whole":1}\n{"half":');
  const file = new JsonLinesFile(path, 0);
  await file.append('{"next":1}');
  await file.close();
  t.is(readFileSync(path, 'utf8'), '{"whole":1}\n{"half":\n{"next":1}\n');
});

test('a capped file never grows beyond its size, and the one before it is kept', async (t) => {
  const path = join(temporaryFolder(t), 'traces.jsonl');
  const file = new JsonLinesFile(path, 100);
  t.is(file.rotatedPath, path.replace('traces.jsonl', 'traces.1.jsonl'));
  for (let line = 0; line < 25; line++) {
    await file.append(`"line ${String(line).padStart(2, '0')} ${'.'.repeat(10)}"`);
    t.true(statSync(path).size <= 100);
  }
  await file.close();
  const [before, now] = [file.rotatedPath, path].map((name) => readFileSync(name, 'utf8').trim().split('\n'));
  t.is(before.length, 4);
  t.deepEqual(
    [...before, ...now].map((line) => line.slice(6, 8)),
    ['20', '21', '22', '23', '24'],
  );
});

test('a line longer than the cap is written all the same', async (t) => {
  const path = join(temporaryFolder(t), 'traces.jsonl');
  const file = new JsonLinesFile(path, 10);
  await file.append('"longer than ten bytes"');
  await file.close();
  t.is(readFileSync(path, 'utf8'), '"longer than ten bytes"\n');
});

test('a full disk is told with the path and the remedy, and is not final', async (t) => {
  const folder = temporaryFolder(t);
  symlinkSync('/dev/full', join(folder, 'traces.jsonl'));
  const outcome = await fileExporter(folder).send(batchOf(request('a')));
  t.is(outcome.kind, 'retry');
  t.like(outcome, {
    reason: `cannot write to ${join(folder, 'traces.jsonl')} (ENOSPC: no space left; free some, or limit the file with --max-file-size)`,
  });
});

test('a batch that could not be written waits, and is written once when it can be', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'traces.jsonl');
  mkdirSync(path);
  const { destination, log } = destinationOf(fileExporterFactory, {
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
