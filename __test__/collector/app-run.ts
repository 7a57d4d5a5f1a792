// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';

/** An app that records what it is told to (apps/spans.cjs, or another one there). */
export class AppRun {
  readonly child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(
    t: ExecutionContext,
    directory: string,
    serviceName: string,
    script = 'spans.cjs',
    settings: NodeJS.ProcessEnv = {},
  ) {
    this.child = spawn(process.execPath, [join(__dirname, 'apps', script)], {
      env: { PATH: process.env.PATH, OTLP_MMAP_DIR: directory, OTEL_SERVICE_NAME: serviceName, ...settings },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
    t.teardown(() => this.child.kill('SIGKILL'));
  }

  /** Resolves when the app says that it is done. */
  async tell(command: string): Promise<void> {
    this.child.stdin!.write(`${command}\n`);
    const { value } = await this.#answers.next();
    if (value !== `done ${command}`) throw new Error(`the app answered '${value}' to '${command}'`);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}
