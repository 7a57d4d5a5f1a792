// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { isValidSpanId, isValidTraceId } from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace-base';
import { errorOnce, warnOnce } from '../config/warn-once.js';
import { textOf } from '../input/text.js';
import { formatIdentity, parseWord, randomWord } from '../record/span-identity.js';
import type { SpanPosition } from './span-data.js';

/** Ids from the user's generator. One that is not valid (W3C Trace Context, 3.2.2.3) is replaced by a random one. */
export class IdSource {
  readonly #generator: IdGenerator;

  constructor(generator: IdGenerator) {
    this.#generator = generator;
  }

  /** Fills in the span's id and, without a parent, the trace's. */
  draw(position: SpanPosition): void {
    const random = formatIdentity({
      trace0: randomWord(),
      trace1: randomWord(),
      trace2: randomWord(),
      trace3: randomWord() | 1,
      span0: randomWord(),
      span1: randomWord() | 1,
    });
    const spanId = this.#valid('generateSpanId', isValidSpanId, random.substring(32));
    position.span0 = parseWord(spanId, 0);
    position.span1 = parseWord(spanId, 8);
    let traceId: string;
    if (position.hasParent) {
      traceId = position.parentContext?.traceId ?? formatIdentity(position).substring(0, 32);
    } else {
      traceId = this.#valid('generateTraceId', isValidTraceId, random.substring(0, 32));
      position.trace0 = parseWord(traceId, 0);
      position.trace1 = parseWord(traceId, 8);
      position.trace2 = parseWord(traceId, 16);
      position.trace3 = parseWord(traceId, 24);
    }
    position.context = { traceId, spanId, traceFlags: 1, traceState: undefined };
  }

  #valid(method: 'generateSpanId' | 'generateTraceId', isValid: (id: string) => boolean, random: string): string {
    try {
      const id = this.#generator[method]();
      if (isValid(id)) return id;
      warnOnce(`${method} of the id generator returns what is no id: random ids are used instead`, textOf(id));
    } catch (error) {
      errorOnce(`${method} of the id generator threw: random ids are used instead`, error);
    }
    return random;
  }
}
