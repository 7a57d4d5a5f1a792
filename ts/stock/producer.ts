// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import type { NativeBinding } from '../native/binding.js';
import { encodeResource } from '../record/otlp-value.js';
import { SpanRecords } from '../record/span-records.js';
import { Scope, Writer } from '../record/writer.js';
import { DEFAULT_FLUSH_TIMEOUT, type MmapStockOptions } from './options.js';
import type { StockAttributes, StockResource, StockScope } from './readable-span.js';

/** How often a waiting `forceFlush` looks, in milliseconds. */
const FLUSH_LOOK = 5;

/** What writes the spans of one resource: a native writer, its encoders, and the resource that settles. */
export class Producer {
  readonly records: SpanRecords;
  readonly #binding: NativeBinding;
  readonly #handle: number;
  readonly #timeout: number;
  readonly #scopes = new WeakMap<StockScope, Scope>();
  #closed = false;

  /** @throws Error when the options cannot be right. */
  constructor(binding: NativeBinding, resource: StockResource, options: MmapStockOptions) {
    const known = knownAttributes(resource);
    const { flushTimeout, ...place } = options;
    this.#binding = binding;
    this.#timeout = flushTimeout ?? DEFAULT_FLUSH_TIMEOUT;
    this.#handle = binding.openWriter({
      ...place,
      serviceName: String(known['service.name'] ?? 'unknown_service'),
      identity: JSON.stringify(known),
    });
    this.#setResource(resource, known);
    this.records = new SpanRecords(new Writer(binding, this.#handle));
  }

  /** The scope for one of the SDK's scope objects, of which there is one a tracer. */
  scopeOf(stock: StockScope): Scope {
    let scope = this.#scopes.get(stock);
    if (scope === undefined) {
      scope = new Scope(stock.name, stock.version, stock.schemaUrl, stock.attributes);
      this.#scopes.set(stock, scope);
    }
    return scope;
  }

  /** Readers wait for the settled resource, so spans made before it arrive with all of it. */
  #setResource(resource: StockResource, known: StockAttributes): void {
    const schemaUrl = resource.schemaUrl ?? '';
    const pending = resource.asyncAttributesPending === true;
    this.#binding.setResource(this.#handle, encodeResource(known), schemaUrl, !pending);
    if (!pending) {
      return;
    }
    const settle = () => {
      if (!this.#closed) {
        this.#binding.setResource(this.#handle, encodeResource(knownAttributes(resource)), schemaUrl, true);
      }
    };
    resource.waitForAsyncAttributes?.().then(settle, settle);
  }

  /** Resolves when the collector has exported everything written so far, or the time is up (then with a warning). */
  async flush(): Promise<void> {
    const epoch = this.#closed ? 0 : this.#binding.requestFlush(this.#handle);
    if (epoch === 0) {
      return;
    }
    const deadline = performance.now() + this.#timeout;
    while (this.#binding.writerStatus(this.#handle).acknowledgedEpoch < epoch) {
      if (performance.now() >= deadline) {
        const { directory } = this.#binding.writerStatus(this.#handle);
        diag.warn(
          `otlp-mmap: no collector exported the records in ${directory} within ${this.#timeout} ms; they stay in the file ` +
            'until one does',
        );
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, FLUSH_LOOK));
    }
  }

  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#binding.closeWriter(this.#handle);
    }
  }
}

/**
 * The attributes that a resource has by now. The SDK complains when `attributes` is read while some are pending; the raw
 * list, where it has one, tells those that are not.
 */
function knownAttributes(resource: StockResource): StockAttributes {
  if (resource.asyncAttributesPending !== true) {
    return resource.attributes;
  }
  const known: Record<string, unknown> = {};
  for (const [key, value] of resource.getRawAttributes?.() ?? []) {
    if (value !== undefined && value !== null && !isPromise(value) && !Object.hasOwn(known, key)) {
      known[key] = value;
    }
  }
  return known;
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown }).then === 'function';
}
