// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ITEM_NAMES, type Signal } from '../batch.js';
import { wireFields } from '../wire.js';
import type { Outcome } from './attempt.js';

/** Characters of a destination's message that are shown. */
const MAX_MESSAGE = 4096;

/** What a response says beside that the request was taken. */
export interface PartialSuccess {
  rejected: number;
  message: string;
}

/** The outcome of a request that was taken, if not with all of its items: that is final, too. */
export function takenWith({ rejected, message }: PartialSuccess, signal: Signal): Outcome {
  if (rejected === 0 && message === '') return { kind: 'sent' };
  const what = rejected > 0 ? `it rejected ${rejected} ${ITEM_NAMES[signal]}` : 'it warns';
  return { kind: 'sent', rejected, warning: message ? `${what}: ${message}` : what };
}

/** The partial success of an encoded ExportTraceServiceResponse or its like. @throws RangeError when the bytes are none. */
export function partialSuccess(response: Buffer): PartialSuccess {
  const partial = { rejected: 0, message: '' };
  for (const field of wireFields(response)) {
    if (field.number !== 1 || !Buffer.isBuffer(field.value)) continue;
    for (const { number, value } of wireFields(field.value)) {
      if (number === 1 && typeof value === 'number') partial.rejected = value;
      if (number === 2 && Buffer.isBuffer(value)) partial.message = shortened(value.toString());
    }
  }
  return partial;
}

/** As much of a destination's message as is shown. */
export function shortened(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}...` : message;
}
