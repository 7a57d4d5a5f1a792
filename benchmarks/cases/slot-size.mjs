// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasPostgres, withPostgres } from '../postgres.mjs';
import { withDirectory } from '../processes.mjs';

const TREE = join(import.meta.dirname, '../instrumented');
const HOOK = pathToFileURL(join(import.meta.dirname, '../../register.mjs')).href;
const SIZES = [256, 384, 512, 768, 1024];
/** The spans ring of a default file: what it holds is what an app may record while no collector reads. */
const RING_BYTES = 4 << 20;
/** Field numbers of a start in a SpanEvent, and offsets of header and ring: version 1 of the format. */
const START = 11;
const SPANS_OFFSET = 16;
const MEASUREMENTS_OFFSET = 24;

export default {
  title: 'How large a slot should be',
  description: `A service with Express and PostgreSQL under the register hook and the stock instrumentations (http, express, pg, undici) serves
itself: look-ups by key, a query as a mapper writes it (1.3 kB), a report (2.7 kB), a transaction, a query that fails, an outgoing call. Counted in the
file, by the size of the slots: a span takes two records where everything fits (its start, and its end with what came after), more where it
has to be split; what is longer than a slot by itself goes through the spill ring.`,
  arms: Object.fromEntries(SIZES.map((size) => [`b${size}`, { title: `${size} bytes` }])),
  metrics: [
    { key: 'recordsPerSpan', title: 'records a span', unit: '' },
    { key: 'splitPercent', title: 'spans of more than two records', unit: '%' },
    { key: 'spilledPercent', title: 'spans with a value in the spill ring', unit: '%' },
    { key: 'usedPercent', title: 'of the ring used', unit: '%' },
    { key: 'bytesPerSpan', title: 'ring a span', unit: 'B' },
    { key: 'held', title: 'spans that 4 MiB hold', unit: '' },
  ],
  expected: [],
  settings: { rounds: 1, requests: 100 },
  smoke: { rounds: 1, requests: 2 },

  prepare() {
    if (!hasPostgres()) throw new Error('initdb and postgres are not in the PATH: this case needs a PostgreSQL');
    if (existsSync(join(TREE, 'node_modules'))) return;
    console.log(`installing the service (npm ci in ${TREE})`);
    const { status } = spawnSync('npm', ['ci'], { cwd: TREE, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`npm ci in ${TREE} failed`);
  },

  measure(arm, { requests }) {
    const size = Number(arm.slice(1));
    return withDirectory((directory) =>
      withPostgres(directory, (port) => {
        const records = join(directory, 'records');
        const { status, stderr } = spawnSync(process.execPath, ['--import', HOOK, 'service.cjs'], {
          cwd: TREE,
          encoding: 'utf8',
          env: {
            PATH: process.env.PATH,
            PGPORT: String(port),
            REQUESTS: String(requests),
            OTLP_MMAP_DIR: records,
            OTLP_MMAP_GEOMETRY: `spans=65536x${size},spill=33554432`,
            OTEL_METRICS_EXPORTER: 'none',
          },
        });
        if (status !== 0) throw new Error(`the service failed: ${stderr}`);
        const [file] = readdirSync(records).filter((name) => name.endsWith('.mmap'));
        return count(readFileSync(join(records, file)), size);
      }),
    );
  },
};

function count(file, size) {
  const ring = file.subarray(word(file, SPANS_OFFSET), word(file, MEASUREMENTS_OFFSET));
  const slots = word(ring, 0);
  const records = word(ring, 24) + 1;
  if (records >= slots) throw new Error('the ring is full: nothing can be counted');
  const perSpan = new Map();
  const spilled = new Set();
  let used = 0;
  for (let index = 0; index < records; index++) {
    const at = 32 + 4 * slots + index * size;
    const record = delimited(ring, at);
    used += record.end - at;
    const { id, number, spills } = spanOf(ring.subarray(record.start, record.end));
    if (number === START) perSpan.set(id, 0);
    perSpan.set(id, perSpan.get(id) + 1);
    if (spills) spilled.add(id);
  }
  const spans = perSpan.size;
  const split = [...perSpan.values()].filter((count) => count > 2).length;
  return {
    recordsPerSpan: records / spans,
    splitPercent: (100 * split) / spans,
    spilledPercent: (100 * spilled.size) / spans,
    usedPercent: (100 * used) / (records * size),
    bytesPerSpan: (records * size) / spans,
    held: RING_BYTES / ((records * size) / spans),
  };
}

/** Span id, the number of the one-of, and whether it begins with a reference to the spill ring (field 1015). */
function spanOf(record) {
  const id = record.toString('hex', 20, 28);
  let at = 28;
  for (;;) {
    const tag = varint(record, at);
    const value = varint(record, tag.end);
    if ((tag.value & 7) === 0) at = value.end;
    else return { id, number: tag.value >> 3, spills: record.readUInt16LE(value.end) === 0x3fba };
  }
}

function delimited(bytes, at) {
  const { value, end } = varint(bytes, at);
  return { start: end, end: end + value };
}

function varint(bytes, at) {
  let value = 0;
  for (let i = 0; ; i++) {
    value |= (bytes[at + i] & 0x7f) << (7 * i);
    if (bytes[at + i] < 0x80) return { value, end: at + i + 1 };
  }
}

function word(bytes, at) {
  return Number(bytes.readBigInt64LE(at));
}
