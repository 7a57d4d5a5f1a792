// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { context as contextApi, ROOT_CONTEXT, type TimeInput, trace } from '@opentelemetry/api';
import type { LogAttributes, LogRecord } from '@opentelemetry/api-logs';
import { isTimeInput } from '../input/time.js';
import { exceptionAttributes } from './exception.js';

/** A copy of a record that throws somewhere, without the parts that do. */
export function readSafely(record: LogRecord): LogRecord {
  const read = <K extends keyof LogRecord>(key: K): LogRecord[K] => attempt(() => record[key]);
  const attributes: LogAttributes = Object.create(null);
  const given = read('attributes');
  const keys = attempt(() => Object.keys(given ?? {})) ?? [];
  for (const key of keys) attributes[key] = attempt(() => given?.[key]);
  const exception = read('exception');
  if (exception !== undefined && exception !== null) {
    const described = attempt(() => exceptionAttributes(exception)) ?? [];
    for (const [key, value] of described) if (!(key in attributes)) attributes[key] = value as LogAttributes[string];
  }
  const context = read('context') ?? contextApi.active();
  const hasReadableSpan = attempt(() => trace.getSpan(context)?.spanContext() === undefined) !== undefined;
  return {
    severityNumber: read('severityNumber'),
    severityText: read('severityText'),
    eventName: read('eventName'),
    body: read('body'),
    timestamp: readableTime(read('timestamp')),
    observedTimestamp: readableTime(read('observedTimestamp')),
    attributes,
    context: hasReadableSpan ? context : ROOT_CONTEXT,
  };
}

function readableTime(time: TimeInput | undefined): TimeInput | undefined {
  return attempt(() => isTimeInput(time)) ? time : undefined;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
