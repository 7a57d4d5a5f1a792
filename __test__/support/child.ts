// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, type ForkOptions, spawn } from 'node:child_process';
import { join } from 'node:path';

export const packageRoot = join(__dirname, '..', '..');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A Node.js process of a test, with what it prints; killed when it outlives the watchdog. */
export class Child {
  stdout = '';
  stderr = '';
  readonly process: ChildProcess;
  /** Resolves when the process is gone and its output read; rejects when the watchdog had to end it. */
  readonly ended: Promise<Ended>;
  #listeners = new Set<() => void>();

  constructor(args: string[], options: Pick<ForkOptions, 'env' | 'cwd'> = {}, watchdog = 40_000) {
    const env = { ...process.env, ...options.env };
    // What the test runner was started with is not for the apps under test.
    for (const name of ['NODE_OPTIONS', 'NODE_V8_COVERAGE']) {
      if (options.env?.[name] === undefined) {
        delete env[name];
      }
    }
    this.process = spawn(process.execPath, args, { cwd: packageRoot, ...options, env, stdio: 'pipe' });
    this.ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.process.kill('SIGKILL');
        reject(new Error(`node ${args.join(' ')} hung; it printed:\n${this.stdout}\n${this.stderr}`));
      }, watchdog);
      this.process.stdout?.on('data', (data) => {
        this.stdout += data;
        this.#changed();
      });
      this.process.stderr?.on('data', (data) => {
        this.stderr += data;
        this.#changed();
      });
      this.process.on('error', reject);
      this.process.on('close', (code, signal) => {
        clearTimeout(timer);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.#changed();
      });
    });
    // A watchdog's rejection is seen by whoever awaits `ended`; nobody may.
    this.ended.catch(() => {});
  }

  #changed(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }

  /** Resolves when `found` gives something for what is printed so far; rejects when the process ends before. */
  printed<T>(found: (stdout: string) => T | null | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const result = found(this.stdout);
        if (result) {
          this.#listeners.delete(look);
          resolve(result);
        }
      };
      this.#listeners.add(look);
      this.ended.then(({ stderr }) => {
        look();
        reject(new Error(`the process ended before it printed what was awaited: ${this.stdout}\n${stderr}`));
      }, reject);
      look();
    });
  }

  /** Whole lines printed so far. */
  lines(): string[] {
    return this.stdout.split('\n').slice(0, -1);
  }
}

/** Processes that `runNode` runs at once: tests of a file all begin together, and a hundred processes would starve each other. */
const AT_ONCE = 4;
let running = 0;
const waiting: (() => void)[] = [];

/** Runs Node.js to its end. */
export async function runNode(args: string[], options: Pick<ForkOptions, 'env' | 'cwd'> = {}): Promise<Ended> {
  if (running >= AT_ONCE) {
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running++;
  try {
    return await new Child(args, options).ended;
  } finally {
    running--;
    waiting.shift()?.();
  }
}
