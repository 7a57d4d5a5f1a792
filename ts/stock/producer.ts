// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Resource } from '@opentelemetry/resources';
import { scopeInput } from '../input/scope.js';
import { Cells } from '../metrics/cells.js';
import type { AppBinding } from '../native/binding/app.js';
import type { WriterStatus } from '../native/binding/writer.js';
import type { PlaceOptions } from '../producer/options.js';
import { Producer } from '../producer/producer.js';
import { LogRecords } from '../record/log-records.js';
import { Scope } from '../record/scope.js';
import { SpanRecords } from '../record/span-records.js';
import { MetricWriter } from './metric-writer.js';
import type { StockResource, StockScope } from './readable-span.js';

/** Of exemplars, which stored points have none of. */
const SAMPLE_PERIOD = 60_000;

/** What writes the spans, log records and metrics of one of the stock SDK's resources, with the scopes that they come from. */
export class StockProducer {
  readonly records: SpanRecords;
  readonly logs: LogRecords;
  readonly #producer: Producer;
  #cells: Cells | undefined;
  #metrics: MetricWriter | undefined;
  readonly #scopes = new WeakMap<StockScope, Scope>();
  #lastStockScope: StockScope | undefined;
  #lastScope: Scope | undefined;

  /** @throws Error when the options cannot be right. */
  constructor(binding: AppBinding, resource: StockResource, options: PlaceOptions) {
    this.#producer = new Producer(binding, asResource(resource), options);
    this.records = new SpanRecords(this.#producer.writer);
    this.logs = new LogRecords(this.#producer.writer);
  }

  /** What stores points into metric cells. */
  get metrics(): MetricWriter {
    if (this.#metrics === undefined) {
      this.#cells = new Cells(this.#producer.writer, SAMPLE_PERIOD);
      this.#metrics = new MetricWriter(this.#cells);
    }
    return this.#metrics;
  }

  /** The scope for one of the SDK's scope objects, of which there is one a tracer or logger. */
  scopeOf(stock: StockScope): Scope {
    if (stock === this.#lastStockScope) {
      return this.#lastScope!;
    }
    let scope = this.#scopes.get(stock);
    if (scope === undefined) {
      const { name, version, schemaUrl } = scopeInput(stock.name, stock.version, stock);
      scope = new Scope(name, version, schemaUrl, stock.attributes, stock.droppedAttributesCount);
      this.#scopes.set(stock, scope);
    }
    this.#lastStockScope = stock;
    this.#lastScope = scope;
    return scope;
  }

  status(): WriterStatus {
    return this.#producer.status();
  }

  /** Resolves when the collector has exported everything written so far. @throws Error naming what is in the way. */
  flush(): Promise<void> {
    return this.#producer.flush();
  }

  close(): void {
    this.#cells?.close();
    this.#producer.close();
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
