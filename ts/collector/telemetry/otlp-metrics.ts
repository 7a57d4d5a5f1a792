// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { VERSION } from '../version.js';
import type { HistogramValue } from './distribution.js';
import { double, fixed64, MessageWriter } from './protobuf.js';
import type { Metric } from './series.js';

/** Span of time that cumulative values cover, nanoseconds since the Unix epoch. */
export interface Period {
  start: bigint;
  end: bigint;
}

const CUMULATIVE = 2;

/** An encoded ExportMetricsServiceRequest (opentelemetry/proto/metrics/v1), and how many data points it has. */
export function otlpMetrics(
  metrics: readonly Metric[],
  resource: Readonly<Record<string, string>>,
  period: Period,
): { body: Buffer; points: number } {
  const request = new MessageWriter().message(1, (resourceMetrics) => {
    resourceMetrics.message(1, (message) => attributes(message, 1, resource));
    resourceMetrics.message(2, (scopeMetrics) => {
      scopeMetrics.message(1, (scope) => scope.text(1, 'otlp-mmap-collector').text(2, VERSION));
      for (const metric of metrics) scopeMetrics.message(2, (message) => writeMetric(message, metric, period));
    });
  });
  return { body: request.finish(), points: metrics.reduce((sum, { series }) => sum + series.length, 0) };
}

function writeMetric(message: MessageWriter, { name, definition, series }: Metric, period: Period): void {
  message.text(1, name).text(2, definition.help).text(3, definition.unit);
  const field = { gauge: 5, counter: 7, histogram: 9 }[definition.type];
  message.message(field, (data) => {
    for (const { labels, value } of series) {
      data.message(1, (point) => {
        point.fixed64(2, period.start).fixed64(3, period.end);
        if (typeof value === 'number') attributes(point.double(4, value), 7, labels);
        else writeHistogram(attributes(point, 9, labels), value);
      });
    }
    if (definition.type !== 'gauge') data.uint(2, CUMULATIVE);
    if (definition.type === 'counter') data.uint(3, 1);
  });
}

function writeHistogram(point: MessageWriter, { bounds, counts, sum }: HistogramValue): void {
  const count = counts.reduce((total, inRange) => total + inRange, 0);
  point.fixed64(4, BigInt(count)).double(5, sum);
  point.packed(
    6,
    counts.map((inRange) => fixed64(BigInt(inRange))),
  );
  point.packed(7, bounds.map(double));
}

function attributes(message: MessageWriter, field: number, values: Readonly<Record<string, string>>): MessageWriter {
  for (const [key, value] of Object.entries(values)) {
    message.message(field, (pair) => pair.text(1, key).message(2, (any) => any.bytes(1, Buffer.from(value))));
  }
  return message;
}
