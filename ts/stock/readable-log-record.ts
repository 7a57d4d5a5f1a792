// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { HrTime, SpanContext } from '@opentelemetry/api';
import type { StockAttributes, StockResource, StockScope } from './readable-span.js';

/** The stock SDK's log records by structure, of major versions 2 (0.200 to 0.2xx) and 3 alike. */
export interface StockLogRecord {
  readonly hrTime: HrTime;
  readonly hrTimeObserved: HrTime;
  readonly spanContext?: SpanContext;
  readonly severityText?: string;
  readonly severityNumber?: number;
  readonly body?: unknown;
  readonly eventName?: string;
  readonly attributes: StockAttributes;
  readonly droppedAttributesCount: number;
  readonly resource: StockResource;
  readonly instrumentationScope: StockScope;
}
