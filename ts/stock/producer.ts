// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Resource } from '@opentelemetry/resources';
import { readLocation } from '../config/location.js';
import type { NativeBinding } from '../native/binding.js';
import { SpanRecords } from '../record/span-records.js';
import { Scope, Writer } from '../record/writer.js';
import { ResourcePublication } from '../resource/publish.js';
import { identityOf, settledAttributes } from '../resource/resource.js';
import { awaitExport } from '../trace/flush.js';
import type { MmapTracerProviderOptions } from '../trace/options.js';
import type { StockResource, StockScope } from './readable-span.js';

/** Where and how the spans are written, as for `MmapTracerProvider`. */
export type MmapStockOptions = Pick<
  MmapTracerProviderOptions,
  'directory' | 'file' | 'group' | 'directoryLimit' | 'geometry' | 'flushTimeoutMillis'
>;

const FLUSH_TIMEOUT = 30_000;

/** What writes the spans of one resource: a native writer, its encoders, and the resource that may settle late. */
export class Producer {
  readonly records: SpanRecords;
  readonly #binding: NativeBinding;
  readonly #handle: number;
  readonly #publication: ResourcePublication;
  readonly #flushTimeout: number;
  readonly #scopes = new WeakMap<StockScope, Scope>();
  #lastStockScope: StockScope | undefined;
  #lastScope: Scope | undefined;

  /** @throws Error when the options cannot be right. */
  constructor(binding: NativeBinding, stock: StockResource, options: MmapStockOptions) {
    const resource = asResource(stock);
    const attributes = settledAttributes(resource);
    const { flushTimeoutMillis, directory, file, ...layout } = options;
    const location = directory === undefined && file === undefined ? readLocation(process.env) : { directory, file };
    this.#flushTimeout = flushTimeoutMillis ?? FLUSH_TIMEOUT;
    this.#binding = binding;
    this.#handle = binding.openWriter({
      ...layout,
      ...location,
      serviceName: String(attributes['service.name'] ?? 'unknown_service'),
      identity: identityOf(attributes, resource.schemaUrl, binding.processInstanceId()),
    });
    this.#publication = new ResourcePublication(binding, this.#handle, resource);
    this.records = new SpanRecords(new Writer(binding, this.#handle, location.file === undefined));
  }

  /** The scope for one of the SDK's scope objects, of which there is one a tracer. */
  scopeOf(stock: StockScope): Scope {
    if (stock === this.#lastStockScope) {
      return this.#lastScope!;
    }
    let scope = this.#scopes.get(stock);
    if (scope === undefined) {
      scope = new Scope(stock.name, stock.version, stock.schemaUrl, stock.attributes);
      this.#scopes.set(stock, scope);
    }
    this.#lastStockScope = stock;
    this.#lastScope = scope;
    return scope;
  }

  /** Resolves when the collector has exported everything written so far. @throws Error naming what is in the way. */
  flush(): Promise<void> {
    return awaitExport(this.#binding, this.#handle, this.#flushTimeout);
  }

  close(): void {
    this.#publication.settle();
    this.records.writer.close();
  }
}

/** A resource that is one by its attributes alone gets the list that the SDK's own resources have. */
function asResource(stock: StockResource): Resource {
  if (typeof stock.getRawAttributes === 'function') {
    return stock as unknown as Resource;
  }
  const plain = { ...stock, attributes: stock.attributes, getRawAttributes: () => Object.entries(stock.attributes) };
  return plain as unknown as Resource;
}
