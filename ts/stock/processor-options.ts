// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { MeterProvider } from '@opentelemetry/api';
import type { PlaceOptions } from '../producer/options.js';

/** Where and how a processor for the stock SDK writes. */
export interface StockProcessorOptions extends PlaceOptions {
  /**
   * Takes the metrics that the semantic conventions have for a processor (`otel.sdk.processor.…`); the name is that of the stock
   * processors' option. Default: none are made.
   */
  selfObsMeterProvider?: MeterProvider;
}
