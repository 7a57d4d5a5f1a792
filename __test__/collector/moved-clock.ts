// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './fixtures';

const SOURCE = join(__dirname, 'apps', 'moved-clock.c');

export interface MovedClock {
  /** Settings of the processes whose wall clock it is. */
  settings: NodeJS.ProcessEnv;
  /** From now on they see the time with so many seconds added. */
  move(seconds: number): void;
}

/** A wall clock that a test can set, for the processes that it starts; undefined, with a line that says why, where there can be none. */
export function movedClock(t: ExecutionContext): MovedClock | undefined {
  const folder = temporaryFolder(t);
  const [library, file] = [join(folder, 'moved-clock.so'), join(folder, 'offset')];
  const move = (seconds: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // in place: the processes have the file mapped
    writeFileSync(file, bytes, { flag: 'r+' });
  };
  writeFileSync(file, Buffer.alloc(8));
  const { error, status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE], {
    encoding: 'utf8',
  });
  if (process.platform !== 'linux' || error !== undefined || status !== 0) {
    t.log(`nothing was tried: no library that moves the clock (${error?.message ?? stderr})`);
    t.pass();
    return undefined;
  }
  return { settings: { LD_PRELOAD: library, CLOCK_OFFSET_FILE: file }, move };
}
