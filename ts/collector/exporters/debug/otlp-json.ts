// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** The parts of OTLP's JSON that are shown as text. 64-bit integers are decimal strings, ids are in hexadecimal. */

export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number | string;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
  bytesValue?: string;
}

export interface KeyValue {
  key: string;
  value?: AnyValue;
}

export interface SpanEvent {
  timeUnixNano?: string;
  name?: string;
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
}

export interface SpanLink {
  traceId?: string;
  spanId?: string;
  traceState?: string;
  attributes?: KeyValue[];
}

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name?: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
  events?: SpanEvent[];
  droppedEventsCount?: number;
  links?: SpanLink[];
  droppedLinksCount?: number;
  status?: { code?: number; message?: string };
}

export interface LogRecord {
  timeUnixNano?: string;
  observedTimeUnixNano?: string;
  severityNumber?: number;
  severityText?: string;
  body?: AnyValue;
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
  traceId?: string;
  spanId?: string;
  eventName?: string;
}

/** Any of the data points: which members are there depends on the metric. */
export interface DataPoint {
  attributes?: KeyValue[];
  startTimeUnixNano?: string;
  timeUnixNano?: string;
  asDouble?: number | string;
  asInt?: string | number;
  count?: string;
  sum?: number | string;
  min?: number | string;
  max?: number | string;
  bucketCounts?: string[];
  explicitBounds?: (number | string)[];
  scale?: number;
  zeroCount?: string;
  positive?: { offset?: number; bucketCounts?: string[] };
  negative?: { offset?: number; bucketCounts?: string[] };
  quantileValues?: { quantile?: number | string; value?: number | string }[];
  exemplars?: unknown[];
}

interface MetricData {
  dataPoints?: DataPoint[];
  aggregationTemporality?: number;
  isMonotonic?: boolean;
}

export interface Metric {
  name?: string;
  description?: string;
  unit?: string;
  gauge?: MetricData;
  sum?: MetricData;
  histogram?: MetricData;
  exponentialHistogram?: MetricData;
  summary?: MetricData;
}

interface ScopeItems {
  scope?: { name?: string; version?: string; attributes?: KeyValue[] };
  spans?: Span[];
  logRecords?: LogRecord[];
  metrics?: Metric[];
}

export interface ResourceItems {
  resource?: { attributes?: KeyValue[] };
  scopeSpans?: ScopeItems[];
  scopeLogs?: ScopeItems[];
  scopeMetrics?: ScopeItems[];
}

/** An export request of any signal. */
export interface ExportRequest {
  resourceSpans?: ResourceItems[];
  resourceLogs?: ResourceItems[];
  resourceMetrics?: ResourceItems[];
}
