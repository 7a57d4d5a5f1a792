// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot, runNode } from '../support/child';
import { installPackage } from '../support/installed-package';
import { filesIn, spansIn, withDirectory } from '../support/written-files';

const app = join(__dirname, 'apps', 'two-copies.cjs');

/** An app folder with two copies of the package and one of everything else. */
function installTwice(root: string, secondVersion?: string): string[] {
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(join(packageRoot, 'node_modules', '@opentelemetry'), join(root, 'node_modules', '@opentelemetry'));
  return [
    installPackage(join(root, 'node_modules')),
    installPackage(join(root, 'lib', 'node_modules'), { version: secondVersion }),
  ];
}

test('two_copies_of_the_package_in_two_threads_share_one_writer', (t) =>
  withDirectory((root) =>
    withDirectory(async (directory) => {
      const { code, stderr } = await runNode([app, directory, ...installTwice(root)]);
      t.is(code, 0, stderr);
      t.is(filesIn(directory).length, 1);
      const names = spansIn(directory).map(({ span }) => span.name);
      t.deepEqual(
        names.sort(),
        ['main copy 0', 'main copy 1', 'worker copy 0', 'worker copy 1'].flatMap((name) => [name, name]),
      );
    }),
  ));

test('a_second_version_of_the_package_stands_down_with_one_line', (t) =>
  withDirectory((root) =>
    withDirectory(async (directory) => {
      const { code, stdout, stderr } = await runNode([app, directory, ...installTwice(root, '99.0.0')]);
      t.is(code, 0, stderr);
      const names = spansIn(directory).map(({ span }) => span.name);
      t.deepEqual(names.sort(), ['main copy 0', 'main copy 0', 'worker copy 1', 'worker copy 1']);
      const lines = (stdout + stderr).split('\n').filter((line) => line.includes('99.0.0'));
      t.is(lines.length, 2, 'one line a thread');
      t.regex(lines[0], /stands down/);
    }),
  ));
