// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { stringify } from 'yaml';
import { shownConfig } from '../config/collector-config.js';
import { literal } from '../config/expansion.js';
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
    await writeOut(stringify(written(shownConfig(root)), { lineWidth: 0 }));
    return 0;
  },
};

/** Values as a configuration has to have them that means these: what would be read as a reference is none. */
function written(value: unknown): unknown {
  if (typeof value === 'string') return literal(value);
  if (Array.isArray(value)) return value.map(written);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, written(each)]));
}
