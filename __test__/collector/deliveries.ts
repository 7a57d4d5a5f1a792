// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { readFields } from '../support/protobuf-fields';

/** What one destination took. */
export interface Deliveries {
  /** Different spans. */
  readonly spans: number;
  /** Those that came once more. */
  readonly repeated: number;
  take(request: Uint8Array): void;
}

/** The spans of one app on their way to several destinations: by their ids, so that a minute of them fits into memory. */
export class Shipment {
  /** Sentences about what should not have come so. */
  readonly faults: string[] = [];
  readonly #digests = new Map<string, string>();

  /** All spans that any destination took. */
  get spans(): number {
    return this.#digests.size;
  }

  destination(): Deliveries {
    const shipment = this;
    const taken = new Set<string>();
    let repeated = 0;
    return {
      get spans() {
        return taken.size;
      },
      get repeated() {
        return repeated;
      },
      take(request) {
        for (const span of spansIn(request)) {
          const id = shipment.#note(span);
          if (taken.has(id)) repeated++;
          else taken.add(id);
        }
      },
    };
  }

  /** The span's ids. Its bytes are the same each time and everywhere. */
  #note(span: Uint8Array): string {
    const id = idsOf(span);
    const digest = createHash('md5').update(span).digest('base64');
    const known = this.#digests.get(id);
    if (known === undefined) this.#digests.set(id, digest);
    else if (known !== digest) this.faults.push(`a span came again otherwise: ${Buffer.from(span).toString('hex')}`);
    return id;
  }
}

function* spansIn(request: Uint8Array): Generator<Uint8Array> {
  for (const resourceSpans of delimited(request, 1)) {
    for (const scopeSpans of delimited(resourceSpans, 2)) yield* delimited(scopeSpans, 2);
  }
}

function* delimited(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  for (const { number, value } of readFields(message)) {
    if (number === wanted) yield value as Uint8Array;
  }
}

/** Trace and span id, which are the first fields, of 16 and 8 bytes. */
function idsOf(span: Uint8Array): string {
  const bytes = Buffer.from(span.buffer, span.byteOffset, span.byteLength);
  if (bytes.readUInt16BE(0) !== 0x0a10 || bytes.readUInt16BE(18) !== 0x1208) throw new Error('a span without ids');
  return bytes.toString('latin1', 2, 18) + bytes.toString('latin1', 20, 28);
}
