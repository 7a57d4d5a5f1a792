// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test from 'ava';
import { Child, runNode } from '../support/child';
import { Reader } from '../support/reader';
import { filesIn, spansIn, withDirectory } from '../support/written-files';

const apps = join(__dirname, 'apps');

test('spans_of_all_worker_threads_land_in_one_file_and_one_trace', (t) =>
  withDirectory(async (directory) => {
    const { code, stderr } = await runNode([join(apps, 'worker-spans.mjs'), directory]);
    t.is(code, 0, stderr);
    t.is(filesIn(directory).length, 1);
    const spans = spansIn(directory);
    t.is(spans.length, 151);
    t.is(new Set(spans.map(({ span }) => span.traceId)).size, 1);
    const root = spans.find(({ span }) => span.name === 'root');
    t.is(spans.filter(({ span }) => span.parentSpanId === root?.span.spanId).length, 150);
  }));

test('a_worker_terminated_in_the_middle_of_a_long_log_record_holds_up_neither_reader_nor_writers', (t) =>
  withDirectory(async (directory) => {
    const reader = new Reader(directory);
    const child = new Child([join(apps, 'terminated-loggers.mjs'), directory]);
    t.teardown(() => child.process.kill('SIGKILL'));
    await child.printed((out) => out.includes('terminated'));
    for (let round = 0; round < 10; round++) {
      const { log } = await reader.readLog(`after round ${round}`);
      t.is((log.body as { stringValue: string }).stringValue.length, 5000);
    }
    child.process.kill('SIGKILL');
    await child.ended;
    await reader.stop();
    const workers = reader.logs.map(({ log }) => (log.body as { stringValue: string }).stringValue);
    t.true(workers.includes('short'));
    t.true(workers.every((body) => body === 'short' || 'long '.repeat(1000).startsWith(body)));
  }));

test('a_worker_terminated_in_mid_write_leaves_no_slot_that_holds_up_the_reader', (t) =>
  withDirectory(async (directory) => {
    const reader = new Reader(directory);
    const child = new Child([join(apps, 'terminated-workers.mjs'), directory]);
    t.teardown(() => child.process.kill('SIGKILL'));
    await child.printed((out) => out.includes('terminated'));
    // The process lives, so a slot claimed and never published would be waited for.
    for (let round = 0; round < 10; round++) {
      await reader.read(`after round ${round}`);
    }
    child.process.kill('SIGKILL');
    await child.ended;
    await reader.stop();
    t.true(reader.spans.some(({ span }) => span.name === 'from a worker'));
  }));
