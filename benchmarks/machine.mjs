// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from 'node:child_process';
import os from 'node:os';

/** Where and from what a result was taken. */
export function provenance() {
  const cpus = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit:
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--untracked-files=no') ? ' and changes' : ''),
    node: process.version,
    cores: cpus.length,
    processor: cpus[0]?.model.trim() ?? 'unknown',
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release().split('-')[0]} ${os.arch()}`,
  };
}

function git(...args) {
  try {
    return execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
