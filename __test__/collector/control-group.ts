// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './fixtures';

/**
 * A control group below this process' own that may use so much memory.
 *
 * @returns what to put before a command that is to run in it; undefined, with a line that says why, where none can be made.
 */
export function controlGroup(t: ExecutionContext, bytes: number): string[] | undefined {
  const name = `otlp-mmap-test-${process.pid}`;
  const reasons: string[] = [];
  for (const [parent, limit] of ownGroups()) {
    const group = join(parent, name);
    try {
      mkdirSync(group);
      // The command's processes are gone before: teardowns run the last one first.
      t.teardown(() => rmdirSync(group));
      writeFileSync(join(group, limit), String(bytes));
      return ['sh', '-c', `echo $$ > '${join(group, 'cgroup.procs')}' && exec "$0" "$@"`];
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  t.log(
    `nothing was tried: no control group with a limit of memory can be made (${reasons.join('; ') || 'there are none'})`,
  );
  t.pass();
  return undefined;
}

/**
 * A mount namespace whose control groups are those of version 2, of which the one in sight may use so much memory: as a container on a
 * machine of today sees it.
 *
 * @returns as `controlGroup`.
 */
export function unifiedGroup(t: ExecutionContext, bytes: number): string[] | undefined {
  const root = temporaryFolder(t);
  writeFileSync(join(root, 'memory.max'), `${bytes}\n`);
  writeFileSync(join(root, 'cgroup.controllers'), 'memory\n');
  const around = ['unshare', '-m', 'sh', '-c', `mount --bind '${root}' /sys/fs/cgroup && exec "$0" "$@"`];
  const { status, stderr, error } = spawnSync(around[0], [...around.slice(1), 'true'], { encoding: 'utf8' });
  if (status === 0) return around;
  t.log(`nothing was tried: no mount namespace can be made (${error?.message ?? stderr.trim()})`);
  t.pass();
  return undefined;
}

/** Folders of the groups of this process that limit memory, each with the name of the file that holds the limit. */
function ownGroups(): [folder: string, limit: string][] {
  if (!existsSync('/proc/self/cgroup')) return [];
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  return lines.flatMap((line): [string, string][] => {
    const [, controllers, path] = /^\d+:(.*?):(.*)$/.exec(line) ?? ['', 'none', ''];
    if (controllers === '') return [[join('/sys/fs/cgroup', path), 'memory.max']];
    if (!controllers.split(',').includes('memory')) return [];
    return [[join('/sys/fs/cgroup/memory', path), 'memory.limit_in_bytes']];
  });
}
