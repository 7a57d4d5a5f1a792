// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A measured process: `collection.mjs SETTINGS`. Makes series, has them collected, and sends what both did to it. Of the arm `none`, another
// process makes them, and this one has no telemetry: what its timer sees is the noise of a machine that does the same work.

import { fork } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { recorder } from './measure-series.mjs';
import { METERS } from './meters.mjs';

const settings = JSON.parse(process.argv[2]);
const { arm, series, directory } = settings;

const meters = await (arm === 'none' ? madeByAnother() : METERS[arm](settings));
const record = arm === 'none' ? () => {} : recorder(meters.getMeter('benchmark'), settings);
record(0);
globalThis.gc();
const before = process.memoryUsage();
const fileBefore = fileBytes();
for (let number = 1; number < series; number++) record(number);
globalThis.gc();
const after = process.memoryUsage();
const fileAfter = fileBytes();

// What was made becomes old, and no garbage of it is left for the time that is measured.
for (let i = 0; i < 3; i++) globalThis.gc();
const reader = arm === 'stock' ? undefined : await otherReader();
await new Promise((resolve) => setTimeout(resolve, 500));
let last = performance.now();
let blockedMilliseconds = 0;
const timer = setInterval(() => {
  const now = performance.now();
  blockedMilliseconds = Math.max(blockedMilliseconds, now - last - 1);
  last = now;
}, 1);
await new Promise((resolve) => setTimeout(resolve, 50));
const points = arm === 'stock' ? await meters.collect() : await readBy(reader);
await new Promise((resolve) => setTimeout(resolve, 50));
clearInterval(timer);

const result = {
  blockedMilliseconds,
  points,
  heapBytes: (after.heapUsed - before.heapUsed) / series,
  externalBytes: (after.external - before.external) / series,
  fileBytes: (fileAfter - fileBefore) / series,
};
process.send({ result }, () => process.exit());

/** A process with the series, which ends with this one. */
async function madeByAnother() {
  const app = fork(join(import.meta.dirname, 'series-app.mjs'), [JSON.stringify({ ...settings, arm: 'provider' })]);
  await new Promise((resolve, reject) => {
    app.once('message', resolve);
    app.once('exit', () => reject(new Error('the app with the series ended')));
  });
  return { collect: async () => {} };
}

/** A reader as collectors have one, in a process of its own. It is there before time is taken: to begin a process blocks who does so. */
async function otherReader() {
  const reader = fork(join(import.meta.dirname, 'metric-reader.mjs'), [directory, String(series)]);
  await answerOf(reader);
  return reader;
}

/** The points that it takes, which are all that there are. */
async function readBy(reader) {
  await meters.collect();
  reader.send('begin');
  return answerOf(reader);
}

function answerOf(reader) {
  return new Promise((resolve, reject) => {
    reader.once('message', resolve);
    reader.once('exit', () => reject(new Error('the reader ended without an answer')));
  });
}

function fileBytes() {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
