// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { Redaction } from '../attributes/redaction.js';
import type { SpanLimits } from '../config/span-limits.js';
import type { Scope } from '../record/scope.js';
import type { SpanRecords } from '../record/span-records.js';
import type { SpanProcessors } from './span-processors.js';

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
