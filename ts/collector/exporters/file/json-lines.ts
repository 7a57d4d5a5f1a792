// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const NEWLINE = 0x0a;

/**
 * A file that lines are appended to, whole or not at all: after a failed write the file is cut back to the last whole
 * line. Beyond `maxSize` bytes it is renamed to `<name>.1.<extension>`, in place of the one before, and begun anew.
 */
export class JsonLinesFile {
  readonly path: string;
  readonly #maxSize: number;
  #handle: FileHandle | undefined;
  #size = 0;

  /** @param maxSize Bytes; 0 for no limit. */
  constructor(path: string, maxSize: number) {
    this.path = path;
    this.#maxSize = maxSize;
  }

  /** Name of the file before the last rotation. */
  get rotatedPath(): string {
    return this.path.replace(/(\.[^./]*)?$/, '.1$1');
  }

  /** @throws the system's error; the line is then not in the file. */
  async append(line: string): Promise<void> {
    const bytes = Buffer.from(`${line}\n`);
    let handle = this.#handle ?? (await this.#open());
    if (this.#maxSize > 0 && this.#size > 0 && this.#size + bytes.length > this.#maxSize) {
      await this.close();
      await rename(this.path, this.rotatedPath);
      handle = await this.#open();
    }
    try {
      await handle.appendFile(bytes);
      this.#size += bytes.length;
    } catch (error) {
      await handle.truncate(this.#size).catch(() => {});
      // Opened anew next time: the folder may have been replaced meanwhile.
      await this.close().catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const handle = await open(this.path, 'a+', 0o600);
    this.#handle = handle;
    this.#size = (await handle.stat()).size;
    await this.#cutHalfLine(handle);
    return handle;
  }

  /** A collector that was killed while it wrote left half a line: what follows must not be glued to it. */
  async #cutHalfLine(handle: FileHandle): Promise<void> {
    if (this.#size === 0) return;
    const last = Buffer.alloc(1);
    await handle.read(last, 0, 1, this.#size - 1);
    if (last[0] === NEWLINE) return;
    await handle.appendFile('\n');
    this.#size++;
  }
}
