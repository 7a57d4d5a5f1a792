// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Batch } from '../../batch';

const compressed = new WeakMap<Batch, Promise<Buffer>>();
const gzip = promisify(zlib.gzip) as (data: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;

/**
 * The batch's bytes in gzip, compressed once however often and wherever they are sent. Level 1, since compression costs
 * several times what sending does, and the default level takes twice the time.
 */
export function gzipOf(batch: Batch): Promise<Buffer> {
  let result = compressed.get(batch);
  if (result === undefined) {
    result = gzip(Buffer.concat(batch.parts, batch.bytes), { level: 1 });
    compressed.set(batch, result);
  }
  return result;
}
