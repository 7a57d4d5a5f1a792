// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Batch, Signal } from '../../batch.js';
import type { Attempter, Outcome } from '../attempt.js';
import { AppendFile, type Rotation } from './append-file.js';
import type { Framing } from './framing.js';

export interface FileOptions {
  /** One file for everything; or */
  path: string | undefined;
  /** a folder with one file a signal (`traces.jsonl`, `logs.jsonl`, `metrics.jsonl`). */
  directory: string | undefined;
  /** Extension of the files in the folder. */
  extension: string;
  framing: Framing;
  rotation: Rotation;
}

/** Export requests in files. */
export class FileExporter implements Attempter {
  readonly target: string;
  /** Requests of one file are written one after the other. */
  readonly concurrency = 1;
  readonly #options: FileOptions;
  readonly #files = new Map<string, AppendFile>();

  /** @param id Name of the exporter, for messages. */
  constructor(id: string, options: FileOptions) {
    this.#options = options;
    this.target = `${id} ${options.path ?? options.directory}`;
  }

  /** Opens one of the files: a folder that cannot be written is told at once. */
  async start(): Promise<void> {
    const file = this.#file('traces');
    try {
      await file.prepare();
    } catch (error) {
      throw new Error(faultOf(file, error as NodeJS.ErrnoException));
    }
  }

  async send(batch: Batch): Promise<Outcome> {
    const file = this.#file(batch.signal);
    const request = this.#options.framing.frame(batch);
    try {
      await file.append(request);
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'retry', reason: faultOf(file, error as NodeJS.ErrnoException) };
    }
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }

  #file(signal: Signal): AppendFile {
    const { path, directory, extension, framing, rotation } = this.#options;
    const name = path ?? join(directory!, `${signal}${extension}`);
    let file = this.#files.get(name);
    if (file === undefined) {
      file = new AppendFile(name, framing, rotation);
      this.#files.set(name, file);
    }
    return file;
  }
}

/** What the system said, and the remedy where one is known. */
function faultOf({ path }: AppendFile, error: NodeJS.ErrnoException): string {
  return `cannot write to ${path} (${describe(error)})`;
}

function describe(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `${error.code}: no space left; free some, or limit the file (--max-file-size, rotation)`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${error.code}: not allowed; choose another folder (--output, path or directory)`;
    default:
      return error.message;
  }
}
