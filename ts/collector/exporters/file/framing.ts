// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { FileHandle } from 'node:fs/promises';
import type { Batch } from '../../batch.js';
import type { RequestToJson } from '../request-json.js';

/** How requests follow one another in a file. */
export interface Framing {
  /** A batch as it stands in the file. */
  frame(batch: Batch): Buffer;
  /** Repairs the end of a file of this many bytes, of a run that was killed while it wrote. @returns its size after that. */
  mend(handle: FileHandle, size: number): Promise<number>;
}

const NEWLINE = 0x0a;

/** OTLP JSON, a request a line. */
export function jsonLines(toJson: RequestToJson): Framing {
  return {
    frame: (batch) => Buffer.from(`${toJson(batch)}\n`),
    /** What follows must not be glued to half a line. */
    async mend(handle, size) {
      const last = Buffer.alloc(1);
      await handle.read(last, 0, 1, size - 1);
      if (last[0] === NEWLINE) return size;
      await handle.appendFile('\n');
      return size + 1;
    },
  };
}

const LENGTH = 4;

/** Encoded requests, the length of each before it in four bytes, the highest first, as the OpenTelemetry Collector's file exporter has them. */
export const lengthPrefixed: Framing = {
  frame({ bytes, parts }) {
    const length = Buffer.alloc(LENGTH);
    length.writeUInt32BE(bytes);
    return Buffer.concat([length, ...parts], LENGTH + bytes);
  },
  /** Half a request is cut off: nobody could find the next one behind it. */
  async mend(handle, size) {
    const length = Buffer.alloc(LENGTH);
    let end = 0;
    while (end + LENGTH <= size) {
      await handle.read(length, 0, LENGTH, end);
      const next = end + LENGTH + length.readUInt32BE();
      if (next > size) break;
      end = next;
    }
    if (end < size) await handle.truncate(end);
    return end;
  },
};
