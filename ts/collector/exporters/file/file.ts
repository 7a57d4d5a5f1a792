// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Batch, Signal } from '../../batch';
import type { Attempter, Outcome } from '../attempt';
import type { RequestToJson } from '../request-json';
import { JsonLinesFile } from './json-lines';

/** OTLP JSON lines: one export request a line, one file a signal (`traces.jsonl`, `logs.jsonl`, `metrics.jsonl`). */
export class FileExporter implements Attempter {
  readonly target: string;
  /** Lines of one file are written one after the other. */
  readonly concurrency = 1;
  readonly #directory: string;
  readonly #maxSize: number;
  readonly #toJson: RequestToJson;
  readonly #files = new Map<Signal, JsonLinesFile>();

  /** @param maxSize Bytes at which a file is rotated; 0 for no limit. */
  constructor(directory: string, maxSize: number, toJson: RequestToJson) {
    this.target = `file ${directory}`;
    this.#directory = directory;
    this.#maxSize = maxSize;
    this.#toJson = toJson;
  }

  async send(batch: Batch): Promise<Outcome> {
    const file = this.#file(batch.signal);
    const line = this.#toJson(batch);
    try {
      await file.append(line);
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'retry', reason: `cannot write to ${file.path} (${describe(error as NodeJS.ErrnoException)})` };
    }
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }

  #file(signal: Signal): JsonLinesFile {
    let file = this.#files.get(signal);
    if (file === undefined) {
      file = new JsonLinesFile(join(this.#directory, `${signal}.jsonl`), this.#maxSize);
      this.#files.set(signal, file);
    }
    return file;
  }
}

/** What the system said, and the remedy where one is known. */
function describe(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `${error.code}: no space left; free some, or limit the file with --max-file-size`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${error.code}: not allowed; choose another folder with --output`;
    default:
      return error.message;
  }
}
