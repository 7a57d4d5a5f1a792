// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Builds the OpenTelemetry Collector of this folder, once for as long as its sources are the same.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = import.meta.dirname;
const SOURCES = ['main.go', 'go.mod', 'go.sum'];

let built;

/** @returns { path } of the program, or { missing }: why there is none, as where Go is not installed. */
export function otelcol() {
  built ??= build();
  return built;
}

async function build() {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(readFileSync(join(FOLDER, source)));
  const cache = join(process.env.XDG_CACHE_HOME || join(os.homedir(), '.cache'), 'otlp-mmap', 'otelcol');
  const path = join(cache, hash.digest('hex').slice(0, 16));
  if (existsSync(path)) return { path };
  try {
    await run('go', ['version']);
  } catch {
    return { missing: 'Go is not installed' };
  }
  try {
    await mkdir(cache, { recursive: true });
    const building = `${path}.${process.pid}`;
    await run('go', ['build', '-o', building, '.'], { cwd: FOLDER });
    await rename(building, path);
    return { path };
  } catch (error) {
    return { missing: `the OpenTelemetry Collector cannot be built here: ${error.stderr ?? error.message}` };
  }
}
