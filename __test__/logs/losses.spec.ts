// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import test from 'ava';
import { MmapLoggerProvider, MmapMeterProvider, MmapTracerProvider } from 'otlp-mmap';
import { attributesOf } from '../support/log-recording';
import { Reader } from '../support/reader';
import { logsIn, withDirectory } from '../support/written-files';

// Every loss is counted in the file, by ring and reason, and told through diag: a line for each reason, now and then, that names every
// signal that lost something, with its number.

const lines: string[] = [];
const keep = (line: string) => void lines.push(line);
diag.setLogger({ error: keep, warn: keep, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ALL);

const told = () => new Promise((resolve) => setImmediate(resolve));
const linesOf = (directory: string) => lines.filter((line) => line.includes(directory));

test.serial('full_rings_are_told_in_one_line_that_names_each_signal_with_its_number', (t) =>
  withDirectory(async (directory) => {
    const geometry = { eventsBuffers: 16, spansBuffers: 16 };
    const options = { directory, resourceDetectors: [], geometry };
    const loggers = new MmapLoggerProvider(options);
    const tracers = new MmapTracerProvider(options);
    for (let i = 0; i < 100; i++) {
      loggers.getLogger('a').emit({ body: i });
      tracers.getTracer('a').startSpan('s').end();
    }
    await told();
    const status = loggers.status()!;
    t.is(status.drops.events.full, 85);
    t.true(status.drops.spans.full > 0);
    const [line, ...others] = linesOf(directory);
    t.deepEqual(others, []);
    const counts = `${status.drops.spans.full} span record\\(s\\) and 85 log record\\(s\\)`;
    t.regex(line, new RegExp(`^otlp-mmap: ${counts} dropped: their ring in .* is full.*otlp-mmap-collector`));
    await Promise.all([loggers.shutdown(), tracers.shutdown()]);
  }),
);

test.serial('records_with_values_that_are_none_are_told_once', (t) =>
  withDirectory(async (directory) => {
    const provider = new MmapLoggerProvider({ directory, resourceDetectors: [] });
    for (let i = 0; i < 5; i++) provider.getLogger('a').emit({ body: [() => i] as never });
    await told();
    t.is(provider.status()?.drops.events.truncated, 5);
    t.is(lines.filter((line) => /values that were cut/.test(line)).length, 1);
    await provider.shutdown();
  }),
);

test.serial('what_comes_after_the_end_of_its_provider_is_told_once', (t) =>
  withDirectory(async (directory) => {
    const options = { directory, resourceDetectors: [] };
    const [loggers, tracers] = [new MmapLoggerProvider(options), new MmapTracerProvider(options)];
    const [logger, tracer] = [loggers.getLogger('a'), tracers.getTracer('a')];
    await Promise.all([loggers.shutdown(), tracers.shutdown()]);
    lines.length = 0;
    for (let i = 0; i < 3; i++) {
      logger.emit({ body: i });
      tracer.startSpan('late').end();
    }
    await told();
    t.deepEqual(lines, ['otlp-mmap: 3 span record(s) and 3 log record(s) dropped: the writer is shut down.']);
    t.deepEqual(logsIn(directory), []);
  }),
);

test.serial(
  'a_folder_that_cannot_be_used_is_told_in_one_line_for_all_signals_though_they_lose_in_turns_of_their_own',
  (t) =>
    withDirectory(async (folder) => {
      const directory = join(folder, 'a file', 'below it');
      writeFileSync(join(folder, 'a file'), '');
      const options = { directory, resourceDetectors: [] };
      const [loggers, tracers] = [new MmapLoggerProvider(options), new MmapTracerProvider(options)];
      const meters = new MmapMeterProvider(options);
      lines.length = 0;
      meters.getMeter('a').createCounter('c').add(1);
      for (let i = 0; i < 2; i++) tracers.getTracer('a').startSpan('s').end();
      await told();
      loggers.getLogger('a').emit({ body: 'in another turn' });
      while (lines.length === 0) await told();
      const first = lines.shift();
      const counts = /^otlp-mmap: 2 span record\(s\), 1 log record\(s\) and 1 measurement\(s\) dropped: /;
      t.regex(first!, counts);
      t.regex(first!, /below it: making the directory failed: .*; choose another directory$/);
      loggers.getLogger('a').emit({ body: 'later' });
      await told();
      t.deepEqual(lines, [], 'no line a signal');
      await Promise.all([loggers.shutdown(), tracers.shutdown(), meters.shutdown()]);
    }),
);

test.serial('a_folder_over_its_limit_is_told_with_the_remedy_though_it_has_room_by_the_time_it_is_told', (t) =>
  withDirectory(async (directory) => {
    const other = join(directory, 'other.mmap');
    writeFileSync(other, 'x');
    truncateSync(other, 300 << 20);
    const provider = new MmapLoggerProvider({ directory, resourceDetectors: [] });
    const logger = provider.getLogger('a');
    lines.length = 0;
    logger.emit({ body: 'lost' });
    rmSync(other);
    while (provider.status()?.file === undefined) logger.emit({ body: 'until there is a file' });
    while (linesOf(directory).length === 0) await told();
    const [line] = linesOf(directory);
    t.regex(line, /log record\(s\) dropped: .* exceed the limit of .*; raise the limit, or start a collector/);
    await provider.shutdown();
  }),
);

const MADE_UP = 100_000;
const geometry = { eventsBuffers: 8192, eventsBufferSize: 256, spansBuffers: 2, measurementsBuffers: 2 };

/** Emits records that each have a key of their own, in steps that a reader can follow. */
async function emitMadeUpKeys(
  provider: MmapLoggerProvider,
  whenRead: (records: number) => Promise<void>,
): Promise<void> {
  const logger = provider.getLogger('made up');
  for (let i = 0; i < MADE_UP; i++) {
    logger.emit({ attributes: { [`made.up.key.${i}`]: i, known: true } });
    if (i % 4096 === 4095) await whenRead(i + 1);
  }
}

test.serial('a_hundred_thousand_made_up_keys_lose_nothing_in_a_directory_and_the_reader_follows', (t) =>
  withDirectory(async (directory) => {
    const provider = new MmapLoggerProvider({ directory, resourceDetectors: [], geometry });
    const reader = new Reader(directory);
    await emitMadeUpKeys(provider, () => provider.forceFlush());
    await provider.forceFlush();
    t.true(provider.status()!.generation > 1, 'the file has rolled over');
    t.deepEqual(provider.status()?.drops, {});
    const keys = new Set(reader.logs.flatMap((log) => Object.keys(attributesOf(log))));
    t.is(reader.logs.length, MADE_UP);
    t.is(keys.size, MADE_UP + 1);
    await reader.stop();
    await provider.shutdown();
  }),
);

test.serial('a_single_file_counts_the_made_up_keys_that_it_does_not_take_and_goes_on', (t) =>
  withDirectory(async (directory) => {
    const file = `${directory}/one.mmap`;
    const provider = new MmapLoggerProvider({ file, resourceDetectors: [], geometry });
    const reader = new Reader([], [file]);
    await emitMadeUpKeys(provider, () => provider.forceFlush());
    // Of a record that no slot takes, too, also behind the value that is too long for one.
    provider
      .getLogger('long')
      .emit({ attributes: { known: 'x'.repeat(10_000), 'a key longer than those': 1, 'another of that kind': 2 } });
    provider.getLogger('a scope asked for late').emit({ body: 'last', attributes: { known: true } });
    await provider.forceFlush();
    t.is(reader.logs.length, MADE_UP + 2, 'every record');
    const last = reader.logs.at(-1)!;
    t.like(last.scope, { name: 'a scope asked for late' });
    t.deepEqual(attributesOf(last), { known: { boolValue: true } });
    const arrived = reader.logs.reduce((sum, log) => sum + Object.keys(attributesOf(log)).length, 0);
    t.is(provider.status()!.drops.events.limit, 2 * MADE_UP + 4 - arrived, 'each attribute that is missing is counted');
    await told();
    t.is(lines.filter((line) => line.includes(file) && /takes no more keys/.test(line)).length, 1);
    await reader.stop();
    await provider.shutdown();
    t.deepEqual(logsIn(directory), []);
  }),
);
