// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding } from '../../native/binding';
import type { Batch } from '../batch';

/** The OTLP JSON text of a batch's export request. */
export type RequestToJson = (batch: Batch) => string;

export function requestToJson(binding: NativeBinding): RequestToJson {
  return (batch) => {
    const request = batch.parts.length === 1 ? batch.parts[0] : Buffer.concat(batch.parts, batch.bytes);
    return binding.requestToJson(batch.signal, request);
  };
}
