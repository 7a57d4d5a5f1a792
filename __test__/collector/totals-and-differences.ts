// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A configuration, as YAML, that sends the metrics of a folder's apps to two paths of one server: as totals to `/totals`, as differences
 * to `/differences`.
 */
export const totalsAndDifferences = (
  directory: string,
  state: string,
  url: string,
  { interval, batch = false }: { interval: string; batch?: boolean },
): string => `
receivers: { mmap: { include: [${directory}], collection_interval: ${interval} } }
processors:
  batch:
  temporality: { preference: delta }
exporters:
  otlphttp/totals: { endpoint: "${url}/totals", compression: none }
  otlphttp/differences: { endpoint: "${url}/differences", compression: none }
service:
  storage: { directory: ${state} }
  shutdown_timeout: ${batch ? '1h' : '10s'}
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics/totals: { receivers: [mmap], processors: [${batch ? 'batch' : ''}], exporters: [otlphttp/totals] }
    metrics/differences: { receivers: [mmap], processors: [temporality${batch ? ', batch' : ''}], exporters: [otlphttp/differences] }
`;
