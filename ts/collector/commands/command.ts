// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** A subcommand: its name, its help, and what it does with the arguments after its name. */
export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** The whole help text, without a trailing newline. */
  help: string;
  /** @returns the exit code. @throws UsageError for arguments that cannot be right. */
  run(args: string[]): Promise<number>;
}
