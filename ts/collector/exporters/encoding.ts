// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Batch } from '../batch.js';
import type { RequestToJson } from './request-json.js';

export type Codec = 'none' | 'gzip' | 'zstd';

/** A request body as it goes over the wire. */
export interface Encoded {
  /** Chunks, to be written one after the other. */
  parts: readonly Buffer[];
  /** Sum of their lengths. */
  bytes: number;
}

type Compress = (data: Buffer, level: number | undefined) => Promise<Buffer>;

/** Node.js 22.15 and 23.8 brought zstd. */
interface ZlibWithZstd {
  zstdCompress?: (data: Buffer, options: object, done: (error: Error | null, result: Buffer) => void) => void;
  constants: { ZSTD_c_compressionLevel?: number };
}

const gzip = promisify(zlib.gzip) as (data: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;
const { zstdCompress, constants } = zlib as unknown as ZlibWithZstd;

/** Whether this Node.js can compress with zstd. */
export const HAS_ZSTD = zstdCompress !== undefined;

/** Bytes of output that zlib's thread hands over at once: each costs a turn of the event loop, and few of them a third less CPU. */
const CHUNK = { min: 16 << 10, max: 256 << 10 };

/**
 * Compression takes several times what sending does, and the usual level 6 more than twice the time of level 1 for a sixteenth
 * less to send. Each runs in zlib's threads, not in JavaScript's.
 */
const COMPRESS: Readonly<Record<Exclude<Codec, 'none'>, Compress>> = {
  gzip: (data, level = 1) => {
    const chunkSize = Math.min(CHUNK.max, Math.max(CHUNK.min, data.length >> 3));
    return gzip(data, { level, chunkSize, memLevel: 9 });
  },
  zstd: (data, level = 1) =>
    promisify(zstdCompress!)(data, { params: { [constants.ZSTD_c_compressionLevel!]: level } }),
};

const encodings = new WeakMap<Batch, Map<string, Promise<Encoded>>>();

/** The batch's bytes in a form and a codec, made once however often and wherever they are sent. */
export function encodingOf(
  batch: Batch,
  codec: Codec,
  { level, toJson }: { level?: number; toJson?: RequestToJson } = {},
): Promise<Encoded> | Encoded {
  if (codec === 'none' && toJson === undefined) return batch;
  let known = encodings.get(batch);
  if (known === undefined) {
    known = new Map();
    encodings.set(batch, known);
  }
  const name = `${toJson ? 'json' : 'protobuf'} ${codec} ${level}`;
  let encoding = known.get(name);
  if (encoding === undefined) {
    encoding = encode(batch, codec, level, toJson);
    known.set(name, encoding);
  }
  return encoding;
}

async function encode(batch: Batch, codec: Codec, level?: number, toJson?: RequestToJson): Promise<Encoded> {
  let data: Buffer;
  if (toJson !== undefined) data = Buffer.from(toJson(batch));
  else data = batch.parts.length === 1 ? batch.parts[0] : Buffer.concat(batch.parts, batch.bytes);
  if (codec !== 'none') data = await COMPRESS[codec](data, level);
  return { parts: [data], bytes: data.length };
}
