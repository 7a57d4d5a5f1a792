// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch } from '../../ts/collector/batch';

/** A batch of the given parts, one item each. */
export function batchOf(...parts: (Buffer | string)[]): Batch {
  const buffers = parts.map((part) => Buffer.from(part as string));
  return {
    signal: 'traces',
    parts: buffers,
    bytes: buffers.reduce((sum, { length }) => sum + length, 0),
    items: buffers.length,
    sequences: buffers.map((_part, index) => index + 1),
  };
}
