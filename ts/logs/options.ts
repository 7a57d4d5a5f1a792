// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag, type MeterProvider } from '@opentelemetry/api';
import type { Redact } from '../attributes/redaction.js';
import { type LogRecordLimits, readLogRecordLimits } from '../config/log-limits.js';
import type { ProducerOptions } from '../producer/options.js';
import type { LogRecordProcessor } from './log-processors.js';

/**
 * Options of MmapLoggerProvider. What is left out comes from the environment, else has the stock SDK's default. With the place and
 * resource of a tracer provider, its records go to the same file.
 */
export interface MmapLoggerProviderOptions extends ProducerOptions {
  /** Bounds of one record. Default: OTEL_LOGRECORD_… and OTEL_ATTRIBUTE_…; a value length of 0 or less is no bound. */
  logRecordLimits?: Partial<LogRecordLimits>;
  /** Bounds of attributes, where `logRecordLimits` says nothing. */
  generalLimits?: Partial<LogRecordLimits>;
  /** See each record before it is written and may change it; of the stock SDK, 2.x or 3.x, or alike. */
  processors?: LogRecordProcessor[];
  /** Takes the metrics that the semantic conventions have for an SDK's log records (`otel.sdk.log.…`). Default: none are made. */
  meterProvider?: MeterProvider;
  /** Decides what of attributes and bodies reaches the file. */
  redact?: Redact;
}

/** The limits of a provider's log records, complete. */
export function resolveLogLimits({ logRecordLimits, generalLimits }: MmapLoggerProviderOptions): LogRecordLimits {
  const limits = readLogRecordLimits(process.env);
  for (const name of Object.keys(limits) as (keyof LogRecordLimits)[]) {
    limits[name] = logRecordLimits?.[name] ?? generalLimits?.[name] ?? limits[name];
  }
  if (limits.attributeValueLengthLimit <= 0) {
    diag.warn(`Attribute value limit must be positive, got ${limits.attributeValueLengthLimit}: values are not cut`);
    limits.attributeValueLengthLimit = Number.POSITIVE_INFINITY;
  }
  return limits;
}
