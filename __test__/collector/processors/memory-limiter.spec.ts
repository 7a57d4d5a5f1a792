// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Case by case what the documentation of the OpenTelemetry Collector's memory limiter says, and its tests check.

import test from 'ava';
import { nodeOf } from '../../../ts/collector/config/node';
import { type ConfigError, Problems } from '../../../ts/collector/config/problems';
import { Logger } from '../../../ts/collector/logger';
import { memoryOf } from '../../../ts/collector/memory';
import { Intake } from '../../../ts/collector/pipeline/intake';
import { MemoryLimiter } from '../../../ts/collector/processors/memory-limiter/limiter';
import { limitsOf, memoryLimiterConfig } from '../../../ts/collector/processors/memory-limiter/settings';
import { loadBinding } from '../../../ts/native/loader';

const MIB = 1024 * 1024;

function read(section: object) {
  const problems = new Problems();
  const settings = memoryLimiterConfig.read(nodeOf(section, { name: 'f' }), 'memory_limiter', problems);
  try {
    problems.throwIfAny();
  } catch (error) {
    return { settings, problems: (error as ConfigError).problems };
  }
  return { settings, problems: [] };
}

const mistakes: [object, RegExp][] = [
  [{ limit_mib: 100 }, /memory_limiter\.check_interval: is required/],
  [{ limit_mib: 100, check_interval: '0s' }, /memory_limiter\.check_interval: '0s' is not above 0/],
  [{ check_interval: '1s' }, /memory_limiter: needs limit_mib or limit_percentage/],
  [{ check_interval: '1s', limit_mib: 100, spike_limit_mib: 100 }, /spike_limit_mib: is not below limit_mib/],
  [{ check_interval: '1s', limit_percentage: 101 }, /limit_percentage: '101' is above 100/],
  [{ check_interval: '1s', limit_percentage: 50, spike_limit_percentage: 50 }, /is not below limit_percentage/],
  [
    { check_interval: '1s', limit_mib: 100, limit_percentage: 5, spike_limit_percentage: 6 },
    /not below limit_percentage/,
  ],
  [
    { check_interval: '1s', limit_percentage: 50, spike_limit_percentage: 101 },
    /spike_limit_percentage: '101' is above/,
  ],
  [{ check_interval: '1s', limit_mib: -1 }, /limit_mib: '-1' is below 0/],
];

for (const [section, message] of mistakes) {
  test(`a mistake: ${JSON.stringify(section)}`, (t) => {
    t.regex(read(section).problems.join('\n'), message);
  });
}

const limits: [object, number, { hard: number; soft: number }][] = [
  [{ limit_mib: 4000, spike_limit_mib: 800 }, 1, { hard: 4000 * MIB, soft: 3200 * MIB }],
  [{ limit_percentage: 80, spike_limit_percentage: 15 }, 1000 * MIB, { hard: 800 * MIB, soft: 650 * MIB }],
  [{ limit_mib: 100, spike_limit_mib: 30 }, 1, { hard: 100 * MIB, soft: 70 * MIB }],
  [{ limit_mib: 100 }, 1, { hard: 100 * MIB, soft: 80 * MIB }],
  [{ limit_percentage: 50, spike_limit_percentage: 10 }, 1000, { hard: 500, soft: 400 }],
  [{ limit_percentage: 50 }, 1000, { hard: 500, soft: 400 }],
  [{ limit_mib: 100, limit_percentage: 50, spike_limit_percentage: 10 }, 1000, { hard: 100 * MIB, soft: 80 * MIB }],
];

for (const [section, available, expected] of limits) {
  test(`limits of ${JSON.stringify(section)} where ${available} bytes are available`, (t) => {
    const { settings, problems } = read({ check_interval: '1s', ...section });
    t.deepEqual(problems, []);
    t.deepEqual(limitsOf(settings, { available: () => available }), expected);
  });
}

/** A limiter of 1000 (soft 800) over memory that the test sets; a collection leaves `floor`. */
function limiter(used: number, floor: number, shared?: Intake) {
  const world = { used, floor, now: 0, collections: [] as number[], intake: [] as boolean[] };
  const memory = {
    used: () => world.used,
    available: () => 0,
    collect() {
      world.collections.push(world.now);
      world.used = Math.min(world.used, world.floor);
    },
  };
  const intake = shared ?? new Intake((open) => world.intake.push(open));
  const logger = new Logger('error', () => {});
  const made = new MemoryLimiter(
    { hard: 1000, soft: 800 },
    100,
    { memory, intake, name: 'memory_limiter', logger },
    () => world.now,
  );
  return { world, intake, limiter: made };
}

test('below the soft limit nothing happens', (t) => {
  const { world, limiter: made } = limiter(800, 0);
  made.check();
  t.deepEqual([world.collections, world.intake], [[], []]);
  made.close();
});

test('above the soft limit intake is refused where a collection does not help, and resumes by itself', (t) => {
  const { world, intake, limiter: made } = limiter(900, 900);
  made.check();
  t.false(intake.open);
  world.used = 850;
  made.check();
  t.deepEqual(world.intake, [false]);
  world.used = 800;
  made.check();
  t.deepEqual(world.intake, [false, true]);
  made.close();
});

test('garbage alone refuses nothing: it is collected first', (t) => {
  const { world, limiter: made } = limiter(900, 100);
  made.check();
  t.deepEqual([world.collections.length, world.intake], [1, []]);
  made.close();
});

test('above the soft limit collections are 10 s apart', (t) => {
  const { world, limiter: made } = limiter(900, 900);
  for (; world.now < 25_000; world.now += 100) made.check();
  t.deepEqual(world.collections, [0, 10_000, 20_000]);
  made.close();
});

test('above the hard limit collections that do not help are further and further apart, to a minute', (t) => {
  const { world, limiter: made } = limiter(1100, 1100);
  for (; world.now < 300_000; world.now += 100) made.check();
  const pauses = world.collections.slice(1).map((at, index) => at - world.collections[index]);
  t.deepEqual(pauses.slice(0, 5), [200, 400, 800, 1600, 3200]);
  t.true(pauses.every((pause, index) => index === 0 || pause >= pauses[index - 1]));
  t.is(pauses.at(-1), 60_000);
  made.close();
});

test('after a collection that helped, the next may follow at once', (t) => {
  const { world, limiter: made } = limiter(1100, 1100);
  for (; world.now < 1000; world.now += 100) made.check();
  world.floor = 100;
  world.now = 10_000;
  made.check();
  world.used = 1100;
  world.now += 100;
  const before = world.collections.length;
  made.check();
  t.is(world.collections.length, before + 1);
  made.close();
});

test('a limiter that is closed holds nothing', (t) => {
  const { intake, limiter: made } = limiter(900, 900);
  made.check();
  t.false(intake.open);
  made.close();
  t.true(intake.open);
});

test('a limiter that gives way to one of the same name, at a reload, does not let go what that one holds', (t) => {
  const { world, intake, limiter: before } = limiter(900, 900);
  before.check();
  const { limiter: after } = limiter(900, 900, intake);
  after.check();
  before.close();
  t.deepEqual(world.intake, [false]);
  after.close();
  t.true(intake.open);
});

test('what is measured is the heap, buffers and what the addon holds', (t) => {
  const memory = memoryOf(loadBinding());
  memory.collect();
  const before = memory.used();
  const heap = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
  const afterHeap = memory.used();
  t.true(afterHeap - before > 16_000_000);
  const buffer = Buffer.alloc(20_000_000, 1);
  const afterBuffer = memory.used();
  t.true(afterBuffer - afterHeap > 19_000_000);
  // Fields of 100 bytes in one scope of one resource, in as many parts as there are spans.
  const spans = Buffer.concat(
    Array.from({ length: 10_000 }, () => Buffer.concat([Buffer.from([0x12, 100, 0x2a, 98]), Buffer.alloc(98, 97)])),
  );
  const field = (number: number, body: Buffer) => {
    const length: number[] = [];
    for (let rest = body.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), body]);
  };
  const parts = Array.from({ length: 20 }, () =>
    loadBinding().splitPiece('traces', field(1, field(2, spans)), 0, 5000),
  );
  t.true(memory.used() - afterBuffer > 19_000_000, `${memory.used() - afterBuffer}`);
  t.is(heap.length + buffer.length + parts.length, 21_000_020);
  t.true(memory.available() > 0);
});
