// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** The spans of one trace as lines of a tree, parents before children, in the order in which they began. */
export function traceTree(trace) {
  const spans = [...trace.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
  const ids = new Set(trace.keys());
  const lines = [];
  const add = (span, head, tail) => {
    lines.push(head + spanLine(span));
    const children = spans.filter(({ parentSpanId }) => parentSpanId === span.spanId);
    for (const [index, child] of children.entries()) {
      const last = index === children.length - 1;
      add(child, `${tail}${last ? '└─ ' : '├─ '}`, `${tail}${last ? '   ' : '│  '}`);
    }
  };
  for (const span of spans) if (!ids.has(span.parentSpanId)) add(span, '', '');
  return lines;
}

function spanLine({ name, kind, start, end, attributes }) {
  const path =
    attributes['url.path'] ?? attributes['http.target'] ?? attributes['url.full'] ?? attributes['http.url'] ?? '';
  const milliseconds = (Number(end - start) / 1e6).toFixed(2);
  const incomplete = attributes['otlp_mmap.incomplete'] ? '  incomplete: open when the process died' : '';
  return `${name} ${path.replace(/^http:\/\/[^/]+/, '')}  ${kind}  ${milliseconds} ms${incomplete}`;
}
