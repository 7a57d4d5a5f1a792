// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { EXPORTERS, EXTENSIONS, PROCESSORS, RECEIVERS } from '../components.js';
import { outlineOf } from '../config/schema/schema.js';
import { writeOut } from '../standard-output.js';
import { VERSION } from '../version.js';
import type { Command } from './command.js';

const help = `Usage: otlp-mmap-collector components

Lists the receivers, processors, exporters and extensions that a configuration can name, as YAML, each with its keys and their defaults,
null for none.

Options:
  -h, --help        this text`;

export const components: Command = {
  name: 'components',
  summary: 'list what a configuration can name',
  help,
  async run(args) {
    parseArgs({ args, options: {} });
    const sections = Object.entries({
      receivers: RECEIVERS,
      processors: PROCESSORS,
      exporters: EXPORTERS,
      extensions: EXTENSIONS,
    });
    const listed = sections.map(([section, factories]) => [
      section,
      factories.map((factory) => ({
        name: factory.type,
        ...(factory.aliases && { aliases: factory.aliases }),
        summary: factory.summary,
        ...('signals' in factory && { signals: factory.signals }),
        keys: outlineOf(factory.config),
      })),
    ]);
    const buildinfo = { command: 'otlp-mmap-collector', version: VERSION };
    await writeOut(
      stringify({ buildinfo, ...Object.fromEntries(listed) }, { lineWidth: 0, aliasDuplicateObjects: false }),
    );
    return 0;
  },
};
