#!/usr/bin/env node
// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import './self.js';
import type { Command } from './commands/command.js';
import { components } from './commands/components.js';
import { dump } from './commands/dump.js';
import { inspect } from './commands/inspect.js';
import { printConfig } from './commands/print-config.js';
import { recover } from './commands/recover.js';
import { run } from './commands/run.js';
import { tap } from './commands/tap.js';
import { top } from './commands/top.js';
import { validate } from './commands/validate.js';
import { exitCodeOf, isUsageError, messagesOf } from './failure.js';
import { tell } from './standard-error.js';
import { surviveClosedOutput, writeOut } from './standard-output.js';
import { VERSION } from './version.js';

const COMMANDS: readonly Command[] = [run, validate, printConfig, components, inspect, top, tap, dump, recover];

async function main(args: string[]): Promise<number> {
  const named = COMMANDS.find(({ name }) => name === args[0]);
  const command = named ?? run;
  const rest = named ? args.slice(1) : args;
  const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (options.includes('--help') || options.includes('-h')) {
    await writeOut(named ? `${named.help}\n` : `${run.help}\n\nCommands:\n${commandList()}\n`);
    return 0;
  }
  if (!named && options.includes('--version')) {
    await writeOut(`otlp-mmap-collector ${VERSION}\n`);
    return 0;
  }
  return command.run(rest);
}

function commandList(): string {
  return COMMANDS.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n');
}

surviveClosedOutput();
main(process.argv.slice(2))
  .catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return 0;
    for (const line of messagesOf(error)) tell(line);
    if (isUsageError(error)) process.stderr.write("Try 'otlp-mmap-collector --help'.\n");
    return exitCodeOf(error);
  })
  // Native threads and kept connections would hold the process.
  .then((exitCode) => process.exit(exitCode));
