// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { HrTime, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';

// The stock SDK's spans by structure, of major versions 2 and 3 alike: whatever has these fields can be written. Values are
// `unknown` where a newer SDK takes more than an older one (attribute values that are maps or bytes).

export type StockAttributes = Readonly<Record<string, unknown>>;

export interface StockResource {
  readonly attributes: StockAttributes;
  readonly schemaUrl?: string;
  /** Detectors are still at work; `attributes` is to be read after `waitForAsyncAttributes` only. */
  readonly asyncAttributesPending?: boolean;
  waitForAsyncAttributes?(): Promise<void>;
  /** Keys and values, the first of a key wins; a value that is pending is a promise. */
  getRawAttributes?(): [string, unknown][];
}

export interface StockScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
  readonly attributes?: StockAttributes;
  readonly droppedAttributesCount?: number;
}

export interface StockEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: StockAttributes;
  readonly droppedAttributesCount?: number;
}

export interface StockLink {
  readonly context: SpanContext;
  readonly attributes?: StockAttributes;
  readonly droppedAttributesCount?: number;
}

export interface StockSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: StockAttributes;
  readonly links: readonly StockLink[];
  readonly events: readonly StockEvent[];
  readonly resource: StockResource;
  readonly instrumentationScope: StockScope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  spanContext(): SpanContext;
}
