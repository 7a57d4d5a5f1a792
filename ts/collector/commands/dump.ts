// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { parseArgs } from 'node:util';
import { loadBinding } from '../../native/loader.js';
import { tell } from '../standard-error.js';
import { writeOut } from '../standard-output.js';
import { UsageError } from '../usage-error.js';
import { signalsNamed } from '../viewers/options.js';
import type { Command } from './command.js';

const help = `Usage: otlp-mmap-collector dump [options] FILE...

Prints everything unread in the files as OTLP JSON, one export request a line. Changes nothing.

Options:
  --all             also spans that are still open
  --signal SIGNAL   only traces, logs or metrics; may be given more than once
  -h, --help        this text

Exit codes: 0; 1 if a file could not be read (the others are printed all the same); 2 for a wrong command line.`;

export const dump: Command = {
  name: 'dump',
  summary: 'print what is unread in files as OTLP JSON lines',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { all: { type: 'boolean' }, signal: { type: 'string', multiple: true } },
    });
    if (positionals.length === 0) throw new UsageError('dump needs a FILE');
    const options = { all: values.all ?? false, signals: signalsNamed(values.signal) };

    const binding = loadBinding();
    let exitCode = 0;
    for (const path of positionals) {
      let lines: string[];
      try {
        lines = binding.dump(path, options);
      } catch (error) {
        tell((error as Error).message);
        exitCode = 1;
        continue;
      }
      for (const line of lines) await writeOut(`${line}\n`);
    }
    return exitCode;
  },
};
