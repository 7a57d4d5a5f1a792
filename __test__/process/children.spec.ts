// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Child, runNode } from '../support/child';
import { attributeOf, Reader } from '../support/reader';
import { filesGone, filesIn, spansIn, withDirectory } from '../support/written-files';

const apps = join(__dirname, 'apps');

test('a_forked_child_that_outlives_its_parent_keeps_its_own_file_and_does_not_keep_the_parents_alive', (t) =>
  withDirectory(async (directory) => {
    const parent = new Child([join(apps, 'fork-parent.mjs'), directory]);
    const pid = Number(await parent.printed((out) => /child (\d+)/.exec(out)?.[1]));
    t.teardown(() => killIfThere(pid));
    const [parentFile] = filesIn(directory).filter((file) => file.includes(`.${parent.process.pid}.`));
    t.is(filesIn(directory).length, 2);
    parent.process.kill('SIGKILL');
    await parent.ended;

    const reader = new Reader(directory);
    await reader.read('parent before fork');
    await reader.read('parent after fork');
    await reader.read('child with parent');
    await reader.read('child without parent');
    t.true(isAlive(pid));
    // The parent's file goes once it is drained: its writer is known to be dead although its child lives.
    await filesGone(directory, 1);
    t.false(existsSync(parentFile));
    process.kill(pid, 'SIGKILL');
    await reader.stop();
  }));

test('each_process_of_a_cluster_has_a_file_of_its_own', (t) =>
  withDirectory(async (directory) => {
    const { code, stderr } = await runNode([join(apps, 'cluster-spans.mjs'), directory]);
    t.is(code, 0, stderr);
    t.is(filesIn(directory).length, 3);
    const spans = spansIn(directory);
    t.deepEqual(spans.map(({ span }) => span.name).sort(), ['primary', 'worker 1', 'worker 2']);
    const pids = spans.map((span) => JSON.stringify(span.resource).match(/process.pid[^}]*?(\d+)/)?.[1]);
    t.is(new Set(pids).size, 3);
    t.is(attributeOf(spans[0], 'otlp_mmap.incomplete'), undefined);
  }));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function killIfThere(pid: number): void {
  if (isAlive(pid)) {
    process.kill(pid, 'SIGKILL');
  }
}
