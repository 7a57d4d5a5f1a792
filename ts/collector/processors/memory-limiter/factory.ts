// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, SIGNALS } from '../../batch.js';
import { memoryOf } from '../../memory.js';
import type { Processor, ProcessorContext, ProcessorFactory } from '../../pipeline/component.js';
import { ITEM_METRIC_NAMES, type Measurement } from '../../telemetry/registry.js';
import { MemoryLimiter } from './limiter.js';
import { limitsOf, type MemoryLimiterSettings, memoryLimiterConfig } from './settings.js';

/** One section has one limiter, however many pipelines name it: memory is the process'. */
const limiters = new WeakMap<MemoryLimiterSettings, { limiter: MemoryLimiter; users: number }>();

export const memoryLimiterProcessor: ProcessorFactory<MemoryLimiterSettings> = {
  type: 'memory_limiter',
  summary: 'leaves telemetry in the files while too much memory is in use',
  signals: SIGNALS,
  config: memoryLimiterConfig,
  create(settings, context) {
    const { id, pipeline, position, logger } = context;
    if (position > 0) {
      logger.warn(`${id} is not the first processor of ${pipeline}: what those before it hold is not limited in time`);
    }
    return new MemoryLimiterProcessor(settings, context);
  },
};

/** Passes everything on: what is read is in memory already, and goes the sooner for it. Refused is what is not read. */
class MemoryLimiterProcessor implements Processor {
  readonly #settings: MemoryLimiterSettings;
  readonly #context: ProcessorContext;
  #accepted = 0;

  constructor(settings: MemoryLimiterSettings, context: ProcessorContext) {
    this.#settings = settings;
    this.#context = context;
    const shared = limiters.get(settings);
    if (shared) shared.users++;
    else limiters.set(settings, { limiter: newLimiter(settings, context), users: 1 });
  }

  consume(batch: Batch): void {
    this.#accepted += batch.items;
    this.#context.next.consume(batch);
  }

  stats(): Measurement[] {
    const item = ITEM_METRIC_NAMES[this.#context.signal];
    return [
      { metric: `processor_memory_limiter_accepted_${item}`, value: this.#accepted },
      { metric: `processor_memory_limiter_refused_${item}`, value: 0 },
    ];
  }

  close(): void {
    const shared = limiters.get(this.#settings)!;
    if (--shared.users > 0) return;
    limiters.delete(this.#settings);
    shared.limiter.close();
  }
}

function newLimiter(settings: MemoryLimiterSettings, { id, binding, intake, logger }: ProcessorContext): MemoryLimiter {
  const memory = memoryOf(binding);
  const limits = limitsOf(settings, memory);
  const limiter = new MemoryLimiter(limits, settings.check_interval, { memory, intake, name: id, logger });
  // At a reload its predecessor may be holding the intake, and lets go.
  limiter.check();
  return limiter;
}
