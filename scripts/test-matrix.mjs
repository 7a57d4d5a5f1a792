#!/usr/bin/env node
// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Runs the Node.js tests with each supported Node.js, which the npm package `node` brings, and where OpenTelemetry JS 3.x runs
// (22.15 and newer) with that as well. `npm run test:matrix`, or with versions and files: `npm run test:matrix -- 22 24 '__test__/stock/**'`.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUPPORTED = ['20', '22', '24'];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sdk3 = join(root, '__test__', 'stock', 'sdk-3');

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw error;
  return status === 0;
}

/** Path of the executable of a major version, installed into .node-versions on first use. */
function install(major) {
  const folder = join(root, '.node-versions', major);
  const executable = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(executable)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    if (
      !run('npm', ['install', '--no-save', '--no-package-lock', '--loglevel=error', `node@${major}`], { cwd: folder })
    ) {
      throw new Error(`node@${major} could not be installed into ${folder}: see npm's message above`);
    }
  }
  return executable;
}

function installSdk3() {
  if (!existsSync(join(sdk3, 'node_modules')) && !run('npm', ['ci', '--loglevel=error'], { cwd: sdk3 })) {
    throw new Error(`OpenTelemetry JS 3.x could not be installed into ${sdk3}: see npm's message above`);
  }
}

const failed = [];
const isMajor = (argument) => /^\d+$/.test(argument);
const given = process.argv.slice(2);
const majors = given.some(isMajor) ? given.filter(isMajor) : SUPPORTED;
const files = given.filter((argument) => !isMajor(argument));
for (const major of majors) {
  const executable = install(major);
  const withSdk3 = Number(major) >= 22;
  if (withSdk3) installSdk3();
  console.log(`\n== Node.js ${major}${withSdk3 ? ', with OpenTelemetry JS 3.x' : ''}`);
  const env = { ...process.env, OTLP_MMAP_TEST_SDK_3: String(withSdk3) };
  if (!run(executable, [join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs'), ...files], { env }))
    failed.push(major);
}
if (failed.length > 0) {
  console.error(`\nfailed with Node.js ${failed.join(', ')}`);
  process.exit(1);
}
