// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { stringify } from 'yaml';
import { shownConfig } from '../config/collector-config.js';
import { writeOut } from '../standard-output.js';
import type { Command } from './command.js';
import { configOptionsHelp, loadFromOptions, parseConfigOptions } from './config-options.js';

const help = `Usage: otlp-mmap-collector print-config [options]

Prints the configuration that 'run' would use with the same options: everything merged, defaults filled in, secrets masked.

${configOptionsHelp}
  -h, --help              this text

Exit codes: 0; 2 for a wrong command line; 78 for a wrong configuration.`;

export const printConfig: Command = {
  name: 'print-config',
  summary: 'print the whole configuration, secrets masked',
  help,
  async run(args) {
    const { root } = loadFromOptions(parseConfigOptions(args), process.env, () => {});
    await writeOut(stringify(shownConfig(root), { lineWidth: 0 }));
    return 0;
  },
};
