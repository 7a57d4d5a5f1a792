// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { Redaction } from '../attributes/redaction.js';
import type { LogRecordLimits } from '../config/log-limits.js';
import type { LogRecords } from '../record/log-records.js';
import type { Scope } from '../record/scope.js';
import type { LogMetrics } from '../self-metrics/log-metrics.js';
import type { LogProcessors } from './log-processors.js';

/** What the log records of one logger have in common. */
export interface LogOrigin {
  readonly scope: Scope;
  readonly instrumentationScope: InstrumentationScope;
  readonly resource: Resource;
  readonly records: LogRecords;
  readonly limits: LogRecordLimits;
  /** Undefined when there are none: then nobody needs a record beyond its encoding. */
  readonly processors: LogProcessors | undefined;
  readonly redaction: Redaction | undefined;
  readonly metrics: LogMetrics | undefined;
}
