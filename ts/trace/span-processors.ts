// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { errorOnce } from '../config/warn-once.js';
import { Processors } from '../producer/processors.js';

/** The span processors that the user added. An error of one reaches neither the app nor the next one. */
export class SpanProcessors extends Processors<SpanProcessor> {
  readonly #endings: readonly SpanProcessor[];

  constructor(processors: readonly SpanProcessor[]) {
    super(processors);
    this.#endings = processors.filter((processor) => typeof processor.onEnding === 'function');
  }

  onStart(span: Span, context: Context): void {
    for (const processor of this.all) {
      try {
        processor.onStart(span, context);
      } catch (error) {
        tell('onStart', error);
      }
    }
  }

  onEnding(span: Span): void {
    for (const processor of this.#endings) {
      try {
        processor.onEnding?.(span);
      } catch (error) {
        tell('onEnding', error);
      }
    }
  }

  onEnd(span: ReadableSpan): void {
    for (const processor of this.all) {
      try {
        processor.onEnd(span);
      } catch (error) {
        tell('onEnd', error);
      }
    }
  }
}

function tell(method: string, error: unknown): void {
  errorOnce(`a span processor's ${method} threw: spans are recorded as without it`, error);
}
