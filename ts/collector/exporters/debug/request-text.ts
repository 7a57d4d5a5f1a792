// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Palette, printable } from '../../terminal.js';
import { logLine, logLines } from './log-text.js';
import { metricLines, metricPointLines } from './metric-text.js';
import type { ExportRequest, ResourceItems } from './otlp-json.js';
import { spanLine, spanLines } from './span-text.js';
import { attributeLines } from './value-text.js';

type ScopeItems = NonNullable<ResourceItems['scopeSpans']>[number];

/** Export requests as text for people: each scope, then its items with everything they hold. */
export class DetailedText {
  readonly #palette: Palette;
  #resource: string | undefined;

  constructor(palette: Palette) {
    this.#palette = palette;
  }

  /** The text of one request. A resource is shown when it is another one than that of the items before. */
  of(request: ExportRequest): string {
    const lines: string[] = [];
    for (const group of groupsOf(request)) {
      const identity = JSON.stringify(group.resource);
      if (identity !== this.#resource) {
        lines.push(this.#palette.strong('resource'), ...attributeLines(group.resource?.attributes, '  '));
        this.#resource = identity;
      }
      for (const items of scopesOf(group)) {
        const version = items.scope?.version ? ` ${printable(items.scope.version)}` : '';
        lines.push(`${this.#palette.strong('scope')} ${printable(items.scope?.name || '(no name)')}${version}`);
        lines.push(...attributeLines(items.scope?.attributes, '  '));
        lines.push(...this.#linesOf(items).map((line) => `  ${line}`));
      }
    }
    return lines.map((line) => `${line}\n`).join('');
  }

  #linesOf({ spans = [], logRecords = [], metrics = [] }: ScopeItems): string[] {
    return [
      ...spans.flatMap((span) => spanLines(span, this.#palette)),
      ...logRecords.flatMap((record) => logLines(record, this.#palette)),
      ...metrics.flatMap((metric) => metricLines(metric, this.#palette)),
    ];
  }
}

/** One line for each span, log record and data point. */
export function shortText(request: ExportRequest, palette: Palette): string {
  const lines = groupsOf(request).flatMap((group) =>
    scopesOf(group).flatMap(({ spans = [], logRecords = [], metrics = [] }) => [
      ...spans.map((span) => spanLine(span, palette)),
      ...logRecords.map((record) => logLine(record, palette)),
      ...metrics.flatMap((metric) => metricPointLines(metric, palette)),
    ]),
  );
  return lines.map((line) => `${line}\n`).join('');
}

function groupsOf({ resourceSpans, resourceLogs, resourceMetrics }: ExportRequest): ResourceItems[] {
  return resourceSpans ?? resourceLogs ?? resourceMetrics ?? [];
}

function scopesOf({ scopeSpans, scopeLogs, scopeMetrics }: ResourceItems): ScopeItems[] {
  return scopeSpans ?? scopeLogs ?? scopeMetrics ?? [];
}
