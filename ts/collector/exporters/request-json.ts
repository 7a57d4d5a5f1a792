// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding } from '../../native/binding.js';
import type { Batch } from '../batch.js';

/** The OTLP JSON text of a batch's export request. */
export type RequestToJson = (batch: Batch) => string;

const texts = new WeakMap<Batch, string>();

/** Makes the text once for all exporters that want it. */
export function requestToJson(binding: NativeBinding): RequestToJson {
  return (batch) => {
    let text = texts.get(batch);
    if (text === undefined) {
      const request = batch.parts.length === 1 ? batch.parts[0] : Buffer.concat(batch.parts, batch.bytes);
      text = binding.requestToJson(batch.signal, request);
      texts.set(batch, text);
    }
    return text;
  };
}
