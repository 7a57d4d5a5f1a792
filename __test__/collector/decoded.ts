// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import zlib from 'node:zlib';

/** Node.js 22.15 and 23.8 brought zstd. */
const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync?: (data: Buffer) => Buffer };

/** A body as it was before the codec of its header `content-encoding` or `grpc-encoding`. */
export function decoded(body: Buffer, encoding: string | string[] | undefined): Buffer {
  if (encoding === 'gzip') return zlib.gunzipSync(body);
  if (encoding === 'zstd') return zstdDecompressSync!(body);
  return body;
}
