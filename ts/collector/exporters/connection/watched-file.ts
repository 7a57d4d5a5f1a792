// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFile, stat } from 'node:fs/promises';

/** A small file of secrets, such as a token or a key, read anew when it was changed. */
export class WatchedFile {
  readonly path: string;
  #version = '';
  #content: Buffer | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Its content now. @throws Error with a sentence that names the file. */
  async read(): Promise<Buffer> {
    try {
      // Also tells a file that another one was renamed over, and a link that was moved, as Kubernetes does it with secrets.
      const { ino, mtimeMs, size } = await stat(this.path);
      const version = `${ino} ${mtimeMs} ${size}`;
      if (this.#content === undefined || version !== this.#version) {
        this.#content = await readFile(this.path);
        this.#version = version;
      }
      return this.#content;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new Error(`cannot read ${this.path} (${code ?? message})`);
    }
  }
}
