// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { number, word } from '../config/schema/scalar.js';
import { object } from '../config/schema/structure.js';
import { type Codec, HAS_ZSTD } from './encoding.js';

const CODECS = ['gzip', 'zstd', 'none'] as const satisfies readonly Codec[];

/** The keys `compression` and `compression_params` of an exporter. */
export const compressionKeys = {
  compression: word(CODECS, { default: 'gzip' }),
  compression_params: object({ level: number({ min: 1, max: 22 }) }),
};

interface CompressionSettings {
  compression: Codec;
  compression_params: { level?: number };
}

/** What the keys cannot check each by itself. */
export function checkCompression(
  { compression, compression_params: { level } }: CompressionSettings,
  fail: (key: string, message: string) => void,
): void {
  if (compression === 'zstd' && !HAS_ZSTD) {
    fail('compression', `'zstd' needs Node.js 22.15 or newer, and this is ${process.version}: use gzip`);
  }
  if (level === undefined) return;
  if (compression === 'none') fail('compression_params', 'has no meaning without compression');
  if (compression === 'gzip' && level > 9) fail('compression_params', 'level is above 9, the highest of gzip');
}
