// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Metric } from './series.js';

/** Prometheus' text format, version 0.0.4. `resource` becomes the labels of target_info. */
export function prometheusText(metrics: readonly Metric[], resource: Readonly<Record<string, string>>): string {
  const info = { labels: underscored(resource), value: 1 };
  const lines = [
    '# HELP target_info Target metadata',
    '# TYPE target_info gauge',
    sample('target_info', info.labels, 1),
  ];
  for (const { name, definition, series } of metrics) {
    lines.push(`# HELP ${name} ${escapeHelp(definition.help)}`, `# TYPE ${name} ${definition.type}`);
    for (const { labels, value } of series) {
      if (typeof value === 'number') {
        lines.push(sample(name, labels, value));
        continue;
      }
      let count = 0;
      value.counts.forEach((inRange, index) => {
        count += inRange;
        lines.push(sample(`${name}_bucket`, { ...labels, le: String(value.bounds[index] ?? '+Inf') }, count));
      });
      lines.push(sample(`${name}_sum`, labels, value.sum), sample(`${name}_count`, labels, count));
    }
  }
  return `${lines.join('\n')}\n`;
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

const escapeHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string) => escapeHelp(text).replaceAll('"', '\\"');

/** Names of attributes have dots; names of labels must not. */
function underscored(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_'),
      value,
    ]),
  );
}
