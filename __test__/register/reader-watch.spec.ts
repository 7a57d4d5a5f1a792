// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, diag } from '@opentelemetry/api';
import test from 'ava';
import { watchForReader } from '../../ts/register/reader-watch';
import { MmapTracerProvider } from '../../ts/trace/provider';
import { Reader } from '../support/reader';
import { withDirectory } from '../support/written-files';

const lines: string[] = [];
let onLine = () => {};
const ignore = () => {};
diag.setLogger(
  {
    error: ignore,
    warn: (line) => {
      lines.push(line);
      onLine();
    },
    info: ignore,
    debug: ignore,
    verbose: ignore,
  },
  DiagLogLevel.ALL,
);

/** Looks often, and not for long. */
const hurried = { patience: 60, interval: 10 };

/** A status that tells how often it was asked for. */
function counted(provider: MmapTracerProvider) {
  const looks = { count: 0, at: (_wanted: number) => Promise.resolve() };
  let wake = () => {};
  looks.at = async (wanted) => {
    while (looks.count < wanted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const status = () => {
    looks.count++;
    wake();
    return provider.status();
  };
  return { looks, status };
}

// One after another: they share the one logger of the process.
test.serial('records_that_nobody_reads_are_worth_one_line_naming_directory_and_command', (t) =>
  withDirectory(async (directory) => {
    const provider = new MmapTracerProvider({ directory, resourceDetectors: [] });
    const { looks, status } = counted(provider);
    // Keeps this test's process alive while the watch, by design, does not.
    const alive = setInterval(() => {}, 1_000);
    watchForReader(status, hurried);
    await looks.at(12);
    t.deepEqual(lines, [], 'nothing recorded, nothing to say');

    const told = new Promise<void>((resolve) => {
      onLine = resolve;
    });
    provider.getTracer('watched').startSpan('unread').end();
    await told;
    clearInterval(alive);
    t.is(lines.length, 1);
    t.true(lines[0].includes(directory));
    t.true(lines[0].includes(`npx otlp-mmap-collector --dir ${directory}`));
    await provider.shutdown();
  }),
);

test.serial('nothing_is_said_when_a_reader_has_been_there', (t) =>
  withDirectory(async (directory) => {
    lines.length = 0;
    const provider = new MmapTracerProvider({ directory, resourceDetectors: [] });
    const reader = new Reader(directory);
    provider.getTracer('watched').startSpan('read').end();
    await reader.read('read');
    let looks = 0;
    const looked = new Promise<void>((resolve) => {
      watchForReader(() => {
        looks++;
        setImmediate(resolve);
        return provider.status();
      }, hurried);
    });
    const alive = setInterval(() => {}, 1_000);
    await looked;
    // Far longer than the patience: the watch has ended itself at its first look.
    await new Promise((resolve) => setTimeout(resolve, 200));
    clearInterval(alive);
    t.is(looks, 1);
    t.deepEqual(lines, []);
    await reader.stop();
    await provider.shutdown();
  }),
);
