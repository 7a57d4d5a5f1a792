// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './fixtures';

const MAIN = join(__dirname, '..', '..', 'dist', 'collector', 'main.js');

/** How long a test may wait for a run of the command, in ms, before it is given up and fails with what the command said. */
const WATCHDOG = Number(process.env.OTLP_MMAP_TEST_WATCHDOG ?? 45_000);

const STATE_HOMES = new WeakMap<ExecutionContext, string>();

/** Of all runs of one test: nothing is left in the folders of whoever runs it. */
function stateHome(t: ExecutionContext): string {
  const home = STATE_HOMES.get(t) ?? temporaryFolder(t);
  STATE_HOMES.set(t, home);
  return home;
}

/** A run of the built command, with none of the environment's own telemetry settings. */
export class CommandRun {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly #ended: Promise<number | null>;

  /** @param around A command that runs the command line behind it. */
  constructor(t: ExecutionContext, args: string[], settings: NodeJS.ProcessEnv = {}, around: string[] = []) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(OTEL_|OTLP_|SDK_MMAP_|NODE_OPTIONS$)/.test(name),
    );
    const [program, ...all] = [...around, process.execPath, MAIN, ...args];
    this.child = spawn(program, all, {
      env: { ...Object.fromEntries(inherited), XDG_STATE_HOME: stateHome(t), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.#ended = once(this.child, 'close').then(([code]) => code);
    t.timeout(WATCHDOG, 'a run of the command was waited for too long');
    t.teardown(() => {
      if (!t.passed) t.log(`what ${args.join(' ')} said:\n${this.stderr}`);
      this.child.kill('SIGKILL');
    });
  }

  /** Resolves with the exit code; null when a signal (or the watchdog) ended it. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Resolves with the match when standard error matches. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(this.child.stderr!, pattern, () => this.stderr);
  }

  /** Has it read its configuration again; resolves when that is in force. */
  async reload(): Promise<void> {
    const from = this.stderr.length;
    this.child.kill('SIGHUP');
    await this.#until(this.child.stderr!, /the new configuration is in force/, () => this.stderr.slice(from));
  }

  /** Resolves with the match when standard output matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(this.child.stdout!, pattern, () => this.stdout);
  }

  /** Where it answers about its health (`health_check`) or with its own metrics (`service.telemetry`), as it told last. */
  async urlOf(what: 'health_check' | 'service.telemetry'): Promise<string> {
    return (await this.says(new RegExp(`[^]* ${what}\\b.* on (http:\\S+)`)))[1];
  }

  /** Asks for an orderly end, once it can take the signal; resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    await this.says(/\breads .*; exports to /);
    this.child.kill(signal);
    return this.#ended;
  }

  async #until(stream: NodeJS.ReadableStream, pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    for (let ended = false; ; ) {
      const match = pattern.exec(text());
      if (match !== null) return match;
      if (ended) throw new Error(`the command ended without ${pattern}:\n${this.stderr}`);
      ended = await Promise.race([once(stream, 'data').then(() => false), this.#ended.then(() => true)]);
    }
  }
}

/** Runs the command to its end. */
export async function runCommand(t: ExecutionContext, args: string[], settings?: NodeJS.ProcessEnv) {
  const run = new CommandRun(t, args, settings);
  const code = await run.ended();
  return { code, stdout: run.stdout, stderr: run.stderr };
}
