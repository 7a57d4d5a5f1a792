// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolders } from './folders.js';
import type { Framing } from './framing.js';

const DAY = 86_400_000;

export interface Rotation {
  /** Size that a file does not exceed, unless a single request does; 0 for no limit. */
  maxBytes: number;
  /** Older files that are kept beside the one in use. */
  maxBackups: number;
  /** Days after which an older file goes all the same; 0 for none. */
  maxDays: number;
}

export const NO_ROTATION: Rotation = { maxBytes: 0, maxBackups: 1, maxDays: 0 };

/** What is being done to each path, by whichever exporter has it: several may, above all while a reload replaces one by another. */
const turns = new Map<string, Promise<unknown>>();

async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(path) ?? Promise.resolve()).then(work);
  // One that fails does not stand in the way of the next.
  const over = turn.catch(() => {});
  turns.set(path, over);
  try {
    return await turn;
  } finally {
    if (turns.get(path) === over) turns.delete(path);
  }
}

/**
 * A file that requests are appended to, whole or not at all: after a failed write the file is cut back to the last whole one. A
 * file that would grow too large is renamed to `<name>.1.<extension>`, the ones before it to `.2` and so on, and begun anew.
 */
export class AppendFile {
  readonly path: string;
  readonly #framing: Framing;
  readonly #rotation: Rotation;
  #handle: FileHandle | undefined;
  #size = 0;

  constructor(path: string, framing: Framing, rotation: Rotation) {
    this.path = path;
    this.#framing = framing;
    this.#rotation = rotation;
  }

  /** Name of an older file; 1 is the newest. */
  backupPath(number: number): string {
    return this.path.replace(/(\.[^./]*)?$/, `.${number}$1`);
  }

  /** @throws the system's error; the request is then not in the file. */
  append(request: Buffer): Promise<void> {
    return inTurn(this.path, () => this.#append(request));
  }

  /** Makes the file and its folder where they are not there, and mends what an earlier run left half written. @throws the system's error. */
  prepare(): Promise<void> {
    return inTurn(this.path, async () => {
      await this.#open();
      await this.#close();
    });
  }

  close(): Promise<void> {
    return inTurn(this.path, () => this.#close());
  }

  async #append(request: Buffer): Promise<void> {
    let handle = (await this.#inPlace()) ?? (await this.#open());
    const { maxBytes } = this.#rotation;
    if (maxBytes > 0 && this.#size > 0 && this.#size + request.length > maxBytes) {
      await this.#close();
      await this.#rotate();
      handle = await this.#open();
    }
    try {
      await handle.appendFile(request);
      this.#size += request.length;
    } catch (error) {
      await handle.truncate(this.#size).catch(() => {});
      // Opened anew next time: the folder may have been replaced meanwhile.
      await this.#close().catch(() => {});
      throw error;
    }
  }

  /**
   * The open file, if the path still leads to it: somebody may have moved it away, as logrotate does, or removed it. Its size is looked at
   * anew: another may have written to it, or somebody emptied it.
   */
  async #inPlace(): Promise<FileHandle | undefined> {
    const handle = this.#handle;
    if (handle === undefined) return undefined;
    const own = await handle.stat();
    const there = await stat(this.path).catch(({ code }: NodeJS.ErrnoException) =>
      code === 'ENOENT' ? undefined : own,
    );
    if (there?.ino !== own.ino || there.dev !== own.dev) {
      await this.#close();
      return undefined;
    }
    this.#size = own.size;
    return handle;
  }

  async #open(): Promise<FileHandle> {
    await makeFolders(dirname(this.path));
    const handle = await open(this.path, 'a+', 0o600);
    this.#handle = handle;
    this.#size = (await handle.stat()).size;
    if (this.#size > 0) this.#size = await this.#framing.mend(handle, this.#size);
    return handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** Moves every file on by one, from the oldest. */
  async #rotate(): Promise<void> {
    const { maxBackups, maxDays } = this.#rotation;
    const numbers = await this.#backups();
    for (const number of numbers.sort((a, b) => b - a)) {
      const path = this.backupPath(number);
      const stale = maxDays > 0 && Date.now() - (await stat(path)).mtimeMs > maxDays * DAY;
      if (stale || number >= maxBackups) await rm(path, { force: true });
      else await rename(path, this.backupPath(number + 1));
    }
    await rename(this.path, this.backupPath(1));
  }

  /** Numbers of the older files that are there. */
  async #backups(): Promise<number[]> {
    const folder = dirname(this.path);
    const own = basename(this.path);
    const names = new Set(await readdir(folder));
    const numbers: number[] = [];
    for (const name of names) {
      const number = Number(/\.(\d+)(?:\.[^.]*)?$/.exec(name)?.[1]);
      if (number > 0 && name !== own && join(folder, name) === this.backupPath(number)) numbers.push(number);
    }
    return numbers;
  }
}
