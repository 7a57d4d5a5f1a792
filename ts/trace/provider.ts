// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  context,
  diag,
  ProxyTracerProvider,
  propagation,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type * as ContextAsyncHooks from '@opentelemetry/context-async-hooks';
import type { Resource } from '@opentelemetry/resources';
import { announce } from '../config/diagnostics.js';
import { readLocation } from '../config/location.js';
import type * as Propagator from '../config/propagator.js';
import { readResourceDetectors } from '../config/resource-detectors.js';
import type { NativeBinding, WriterStatus } from '../native/binding.js';
import { findBinding, packageVersion } from '../native/loader.js';
import { pendingAttributes } from '../record/pending-attributes.js';
import { SpanRecords } from '../record/span-records.js';
import { Scope, Writer } from '../record/writer.js';
import { ResourcePublication } from '../resource/publish.js';
import { createResource, identityOf, settledAttributes } from '../resource/resource.js';
import { awaitExport } from './flush.js';
import { IdSource } from './id-source.js';
import { type MmapTracerProviderOptions, type RegistrationOptions, resolveLimits } from './options.js';
import { chooseSampling } from './sampling.js';
import type { SpanLimits } from './span-origin.js';
import { SpanProcessors } from './span-processors.js';
import { MmapTracer, type TracerState } from './tracer.js';

const FLUSH_TIMEOUT = 30_000;

/** What a provider has when it can write. */
interface Recorder {
  readonly binding: NativeBinding;
  readonly handle: number;
  readonly records: SpanRecords;
  readonly resource: Resource;
  readonly publication: ResourcePublication;
}

/**
 * A tracer provider for @opentelemetry/api whose spans are in a memory-mapped file when the calls that made them return. It
 * never throws: what cannot work is told through `diag`, and its tracers then make non-recording spans.
 */
export class MmapTracerProvider implements TracerProvider {
  readonly #recorder: Recorder | undefined;
  readonly #limits: SpanLimits;
  readonly #processors: SpanProcessors;
  readonly #state: TracerState;
  readonly #tracers = new Map<string, Tracer>();
  readonly #flushTimeout: number;
  #shutdown: Promise<void> | undefined;

  constructor(options: MmapTracerProviderOptions = {}) {
    this.#limits = resolveLimits(options);
    this.#processors = new SpanProcessors(options.spanProcessors ?? []);
    this.#state = {
      sampling: chooseSampling(options.sampler, process.env),
      ids: options.idGenerator && new IdSource(options.idGenerator),
      isShutDown: false,
    };
    this.#flushTimeout = options.flushTimeoutMillis ?? FLUSH_TIMEOUT;
    this.#recorder = openRecorder(options);
  }

  /** A tracer; the same name, version and schema URL give the same one. */
  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    const key = `${name}@${version ?? ''}:${options?.schemaUrl ?? ''}`;
    let tracer = this.#tracers.get(key);
    if (tracer === undefined) {
      tracer = this.#createTracer(name, version, options?.schemaUrl);
      this.#tracers.set(key, tracer);
    }
    return tracer;
  }

  #createTracer(name: string, version: string | undefined, schemaUrl: string | undefined): Tracer {
    if (this.#recorder === undefined) return new ProxyTracerProvider().getTracer(name, version);
    const { records, resource } = this.#recorder;
    const origin = {
      scope: new Scope(name, version, schemaUrl),
      instrumentationScope: { name, version, schemaUrl },
      resource,
      records,
      limits: this.#limits,
      processors: this.#processors.isEmpty ? undefined : this.#processors,
    };
    return new MmapTracer(origin, this.#state);
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
    const { binding, handle } = this.#recorder;
    await awaitExport(binding, handle, options?.timeoutMillis ?? this.#flushTimeout);
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
      this.#recorder?.publication.settle();
      this.#recorder?.records.writer.close();
    }
  }

  /** Where the records are and how they fare; undefined when nothing can be recorded, or after `shutdown`. */
  status(): WriterStatus | undefined {
    if (this.#recorder === undefined || this.#state.isShutDown) return undefined;
    return this.#recorder.binding.writerStatus(this.#recorder.handle);
  }
}

function openRecorder(options: MmapTracerProviderOptions): Recorder | undefined {
  try {
    // Undefined: another version of this package is at work here, which has been told.
    const binding = findBinding();
    return binding && createRecorder(binding, options);
  } catch (error) {
    announce('error', `nothing is recorded: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function createRecorder(binding: NativeBinding, options: MmapTracerProviderOptions): Recorder {
  const serviceInstanceId = () => binding.processInstanceId();
  const resource = createResource({
    resource: options.resource,
    schemaUrl: options.schemaUrl,
    detectors: options.resourceDetectors ?? readResourceDetectors(process.env, { serviceInstanceId }),
    serviceInstanceId,
    version: packageVersion,
  });
  const attributes = settledAttributes(resource);
  const { directory, file } =
    options.directory === undefined && options.file === undefined ? readLocation(process.env) : options;
  const handle = binding.openWriter({
    directory,
    file,
    serviceName: String(attributes['service.name'] ?? 'unknown_service'),
    identity: identityOf(attributes, resource.schemaUrl, binding.processInstanceId()),
    geometry: options.geometry,
    group: options.group,
    directoryLimit: options.directoryLimit,
  });
  const writer = new Writer(binding, handle, file === undefined);
  const publication = new ResourcePublication(binding, handle, resource);
  diag.debug(`otlp-mmap: spans go to ${file ?? directory ?? binding.writerStatus(handle).directory}`);
  return { binding, handle, records: new SpanRecords(writer), resource, publication };
}

function createContextManager(): ContextAsyncHooks.AsyncLocalStorageContextManager {
  const hooks = require('@opentelemetry/context-async-hooks') as typeof ContextAsyncHooks;
  return new hooks.AsyncLocalStorageContextManager();
}

function createPropagator(): ReturnType<typeof Propagator.readPropagator> {
  const { readPropagator } = require('../config/propagator.js') as typeof Propagator;
  return readPropagator(process.env);
}
