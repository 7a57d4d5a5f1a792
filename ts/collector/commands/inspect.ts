// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { parseArgs } from 'node:util';
import { loadBinding } from '../../native/loader.js';
import { tell } from '../standard-error.js';
import { writeOut } from '../standard-output.js';
import { paletteFor } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { inspectionText, resourceOf } from '../viewers/inspection-text.js';
import { formatNamed } from '../viewers/options.js';
import type { Command } from './command.js';

const help = `Usage: otlp-mmap-collector inspect [options] FILE...

Tells everything about files that is not their records: who wrote them and whether that process lives, who reads them, how full rings,
dictionary and spill ring are, what was lost, how many metrics there are. Changes nothing.

Options:
  --format FORMAT   text or json (an object a line)
  -h, --help        this text

Exit codes: 0; 1 if a file could not be read (the others are shown all the same); 2 for a wrong command line.`;

export const inspect: Command = {
  name: 'inspect',
  summary: 'tell everything about files but their records',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { format: { type: 'string' } },
    });
    if (positionals.length === 0) throw new UsageError('inspect needs a FILE');
    const format = formatNamed(values.format);
    const binding = loadBinding();
    const palette = paletteFor(process.stdout);
    let exitCode = 0;
    for (const path of positionals) {
      try {
        const inspection = binding.inspect(path);
        const { block } = inspection;
        const shown = { ...inspection, block: block && { ...block, resource: resourceOf(block) } };
        await writeOut(format === 'json' ? `${JSON.stringify(shown)}\n` : inspectionText(inspection, palette));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EPIPE') throw error;
        tell((error as Error).message);
        exitCode = 1;
      }
    }
    return exitCode;
  },
};
