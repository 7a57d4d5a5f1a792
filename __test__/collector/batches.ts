// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, batchOf as batchOfParts, type Part } from '../../ts/collector/batch';
import { Receipt } from '../../ts/collector/pipeline/receipt';

/** A part that nobody waits for. */
export function partOf(body: Buffer | string, items = 1, sequence = 0): Part {
  const receipt = new Receipt(sequence, 1, () => {});
  return { body: Buffer.from(body as string), items, receipt };
}

/** A batch of traces of the given parts, one item each. */
export function batchOf(...parts: (Buffer | string)[]): Batch {
  const pieces = parts.map((part, index) => partOf(part, 1, index + 1));
  return batchOfParts({ signal: 'traces', urgent: false, stream: undefined }, pieces);
}

/** Sequence numbers of the pieces that the batch holds parts of. */
export const sequencesOf = ({ pieces }: Batch) => pieces.map(({ receipt }) => receipt.sequence);
