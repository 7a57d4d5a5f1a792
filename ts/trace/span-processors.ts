// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { errorOnce } from '../config/warn-once.js';

/** The span processors that the user added. An error of one reaches neither the app nor the next one. */
export class SpanProcessors {
  readonly #processors: readonly SpanProcessor[];
  readonly #endings: readonly SpanProcessor[];

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors;
    this.#endings = processors.filter((processor) => typeof processor.onEnding === 'function');
  }

  get isEmpty(): boolean {
    return this.#processors.length === 0;
  }

  onStart(span: Span, context: Context): void {
    for (const processor of this.#processors) {
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
    for (const processor of this.#processors) {
      try {
        processor.onEnd(span);
      } catch (error) {
        tell('onEnd', error);
      }
    }
  }

  /** Rejects with the first error, when every processor is done. */
  async forceFlush(): Promise<void> {
    await all(this.#processors.map(async (processor) => processor.forceFlush()));
  }

  /** Rejects with the first error, when every processor is done. */
  async shutdown(): Promise<void> {
    await all(this.#processors.map(async (processor) => processor.shutdown()));
  }
}

async function all(promises: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function tell(method: string, error: unknown): void {
  errorOnce(`a span processor's ${method} threw: spans are recorded as without it`, error);
}
