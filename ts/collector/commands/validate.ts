// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeOut } from '../standard-output.js';
import { printable } from '../terminal.js';
import type { Command } from './command.js';
import { configOptionsHelp, loadFromOptions, parseConfigOptions } from './config-options.js';

const help = `Usage: otlp-mmap-collector validate [options]

Reads the configuration and says what is wrong with it, without starting anything.

${configOptionsHelp}
  -h, --help              this text

Exit codes: 0; 2 for a wrong command line; 78 for a wrong configuration.`;

export const validate: Command = {
  name: 'validate',
  summary: 'say what is wrong with a configuration',
  help,
  async run(args) {
    // Also where mistakes follow, whose cause they may be.
    const warn = (message: string) => process.stderr.write(`warning: ${printable(message)}\n`);
    const { config } = loadFromOptions(parseConfigOptions(args), process.env, warn);
    for (const [name, { receivers, processors, exporters }] of config.pipelines) {
      await writeOut(
        `${name}: ${[receivers, processors, exporters]
          .map((ids) => ids.join(', '))
          .filter((ids) => ids)
          .join(' -> ')}\n`,
      );
    }
    return 0;
  },
};
