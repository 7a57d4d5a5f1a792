// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** A benchmark of the core, crates/otlp-mmap/benches/`name`.rs: built by `prepare`, before anything is timed. */
export function cargoBench(name) {
  const cargo = (...args) => {
    const command = ['bench', '--quiet', '--package', 'otlp-mmap', '--bench', name, ...args];
    const { status, stdout, stderr } = spawnSync('cargo', command, { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) throw new Error(`cargo bench failed:\n${stderr}`);
    return stdout;
  };
  return {
    prepare: () => cargo('--no-run'),
    /** What it measured: it prints one line of JSON. */
    run: (...args) => JSON.parse(cargo('--', ...args)),
  };
}
