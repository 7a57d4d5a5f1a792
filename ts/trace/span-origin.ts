// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { Redaction } from '../attributes/redaction.js';
import type { SpanRecords } from '../record/span-records.js';
import type { Scope } from '../record/writer.js';
import type { SpanProcessors } from './span-processors.js';

/** Bounds of what one span may hold; the fields and their names are the stock SDK's. `Infinity`: no bound. */
export interface SpanLimits {
  attributeValueLengthLimit: number;
  attributeCountLimit: number;
  eventCountLimit: number;
  linkCountLimit: number;
  attributePerEventCountLimit: number;
  attributePerLinkCountLimit: number;
}

/** What the spans of one tracer have in common. */
export interface SpanOrigin {
  readonly scope: Scope;
  readonly instrumentationScope: InstrumentationScope;
  readonly resource: Resource;
  readonly records: SpanRecords;
  readonly limits: SpanLimits;
  /** Undefined when the user has no hook. */
  readonly redaction: Redaction | undefined;
  /** Undefined when there are none: then nobody needs a span's contents after its end. */
  readonly processors: SpanProcessors | undefined;
}
