// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const DEMO = join(__dirname, '../../scenarios/demo.mjs');

test('the demo accounts for every span of an app that is killed in mid-request', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO]);
  t.regex(stdout, /^lost +0$/m);
});
