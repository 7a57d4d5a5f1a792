// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { PlaceOptions } from '../producer/options.js';
import { StockComponent } from './component.js';
import type { StockProducer } from './producer.js';
import type { StockResource } from './readable-span.js';

/** ExportResult of @opentelemetry/core: code 0 is success, 1 is failure. */
export interface ExportResult {
  code: number;
  error?: Error;
}

/** An exporter for the stock SDK, of any signal. `Batch` is what it is handed at once. */
export abstract class StockExporter<Batch> extends StockComponent {
  readonly #records: string;

  /** @param records What it writes, for messages: `spans`, `log records`. */
  protected constructor(options: PlaceOptions, records: string) {
    super(options, records);
    this.#records = records;
  }

  export(batch: Batch, resultCallback: (result: ExportResult) => void): void {
    let result: ExportResult = { code: 0 };
    try {
      this.write(batch);
    } catch (error) {
      result = { code: 1, error: error as Error };
    }
    resultCallback(result);
  }

  /** @internal @throws Error when something of it cannot be written. */
  protected abstract write(batch: Batch): void;

  /** @internal @throws Error when nothing can be written. */
  protected producerOf(resource: StockResource): StockProducer {
    const producer = this.producers.of(resource);
    if (producer === undefined) {
      throw new Error(
        `otlp-mmap: the ${this.#records} cannot be written: the exporter is shut down, or could not start`,
      );
    }
    return producer;
  }
}
