// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  context,
  ProxyTracerProvider,
  propagation,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type * as ContextAsyncHooks from '@opentelemetry/context-async-hooks';
import { Redaction } from '../attributes/redaction.js';
import type * as Propagator from '../config/propagator.js';
import type { SpanLimits } from '../config/span-limits.js';
import { type ScopeInput, scopeInput } from '../input/scope.js';
import type { WriterStatus } from '../native/binding/writer.js';
import { openProducer } from '../producer/open.js';
import type { Producer } from '../producer/producer.js';
import { pendingAttributes } from '../record/pending-attributes.js';
import { Scope } from '../record/scope.js';
import { SpanRecords } from '../record/span-records.js';
import { SpanMetrics } from '../self-metrics/span-metrics.js';
import { IdSource } from './id-source.js';
import { ObservedTracer } from './observed-tracer.js';
import { type MmapTracerProviderOptions, type RegistrationOptions, resolveLimits } from './options.js';
import { chooseSampling } from './sampling.js';
import { SpanProcessors } from './span-processors.js';
import { MmapTracer, type TracerState } from './tracer.js';

/** What a provider has when it can write. */
interface Recorder {
  readonly producer: Producer;
  readonly records: SpanRecords;
}

/**
 * A tracer provider for @opentelemetry/api whose spans are in a memory-mapped file when the calls that made them return. It
 * never throws: what cannot work is told through `diag`, and its tracers then make non-recording spans.
 */
export class MmapTracerProvider implements TracerProvider {
  readonly #recorder: Recorder | undefined;
  readonly #limits: SpanLimits;
  readonly #processors: SpanProcessors;
  readonly #metrics: SpanMetrics | undefined;
  readonly #redaction: Redaction | undefined;
  readonly #state: TracerState;
  readonly #tracers = new Map<string, Tracer>();
  #shutdown: Promise<void> | undefined;

  constructor(options: MmapTracerProviderOptions = {}) {
    this.#limits = resolveLimits(options);
    this.#metrics = options.meterProvider && new SpanMetrics(options.meterProvider, () => this.status());
    const given = options.spanProcessors ?? [];
    this.#processors = new SpanProcessors(this.#metrics === undefined ? given : [...given, this.#metrics]);
    this.#redaction = options.redact && new Redaction(options.redact);
    this.#state = {
      sampling: chooseSampling(options.sampler, process.env),
      ids: options.idGenerator && new IdSource(options.idGenerator),
      isShutDown: false,
    };
    const producer = openProducer(options, 'spans');
    this.#recorder = producer && { producer, records: new SpanRecords(producer.writer) };
  }

  /** A tracer; the same name, version and schema URL give the same one. */
  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    const scope = scopeInput(name, version, options);
    const key = `${scope.name}@${scope.version ?? ''}:${scope.schemaUrl ?? ''}`;
    let tracer = this.#tracers.get(key);
    if (tracer === undefined) {
      tracer = this.#createTracer(scope);
      this.#tracers.set(key, tracer);
    }
    return tracer;
  }

  #createTracer(instrumentationScope: ScopeInput): Tracer {
    const { name, version, schemaUrl } = instrumentationScope;
    if (this.#recorder === undefined) return new ProxyTracerProvider().getTracer(name, version);
    const { producer, records } = this.#recorder;
    const origin = {
      scope: new Scope(name, version, schemaUrl),
      instrumentationScope,
      resource: producer.resource,
      records,
      limits: this.#limits,
      redaction: this.#redaction,
      processors: this.#processors.isEmpty ? undefined : this.#processors,
    };
    return this.#metrics === undefined
      ? new MmapTracer(origin, this.#state)
      : new ObservedTracer(origin, this.#state, this.#metrics);
  }

  /** Makes this the API's tracer provider, with a context manager and propagators. */
  register(options: RegistrationOptions = {}): void {
    trace.setGlobalTracerProvider(this);
    if (options.contextManager !== null) {
      context.setGlobalContextManager((options.contextManager ?? createContextManager()).enable());
    }
    if (options.propagator !== null) {
      const propagator = options.propagator ?? createPropagator();
      if (propagator !== null) propagation.setGlobalPropagator(propagator);
    }
  }

  /**
   * Resolves when all that was recorded so far is exported: span processors have flushed, and the collector has the
   * acknowledgement of every destination. Nothing needs this for safety: what is recorded is in the file already.
   *
   * @throws Error (as a rejection) naming file and remedy: no collector reads it, or the time is up.
   */
  async forceFlush(options?: { timeoutMillis?: number }): Promise<void> {
    pendingAttributes.flush();
    await this.#processors.forceFlush();
    if (this.#recorder === undefined || this.#state.isShutDown) return;
    await this.#recorder.producer.flush(options?.timeoutMillis);
  }

  /** Ends recording; spans still open stay in the file as they are. Later calls do nothing more. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  async #close(): Promise<void> {
    pendingAttributes.flush();
    this.#state.isShutDown = true;
    try {
      await this.#processors.shutdown();
    } finally {
      pendingAttributes.flush();
      this.#recorder?.producer.close();
    }
  }

  /** Where the records are and how they fare; undefined when nothing can be recorded, or after `shutdown`. */
  status(): WriterStatus | undefined {
    if (this.#recorder === undefined || this.#state.isShutDown) return undefined;
    return this.#recorder.producer.status();
  }
}

function createContextManager(): ContextAsyncHooks.AsyncLocalStorageContextManager {
  const hooks = require('@opentelemetry/context-async-hooks') as typeof ContextAsyncHooks;
  return new hooks.AsyncLocalStorageContextManager();
}

function createPropagator(): ReturnType<typeof Propagator.readPropagator> {
  const { readPropagator } = require('../config/propagator.js') as typeof Propagator;
  return readPropagator(process.env);
}
