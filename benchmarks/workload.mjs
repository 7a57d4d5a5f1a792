// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The spans that every arm makes: a request and a query below it, six attributes each, named as the semantic conventions
// have it. Four attributes are known when a span starts and two only later, as with the instrumentations in use.

import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';

export const SPANS_PER_TRACE = 2;
export const ATTRIBUTES_PER_SPAN = 6;

/** Makes one trace; `i` varies some of the values. */
export function makeTrace(tracer, i) {
  const parent = tracer.startSpan(
    'GET /items/:id',
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': 'GET',
        'url.path': `/items/${i}`,
        'url.scheme': 'https',
        'server.port': 8443,
      },
    },
    ROOT_CONTEXT,
  );
  const child = tracer.startSpan(
    'SELECT items',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': 'postgresql',
        'db.query.text': 'SELECT id, name, price FROM items WHERE id = $1',
        'server.address': 'db-7.internal.example',
        'db.operation.batch.size': i & 63,
      },
    },
    trace.setSpan(ROOT_CONTEXT, parent),
  );
  child.setAttribute('db.response.returned_rows', 1);
  child.setAttribute('example.cache.hit', (i & 3) === 0);
  child.end();
  parent.setAttribute('http.response.status_code', 200);
  parent.setAttribute('http.route', '/items/:id');
  parent.end();
}
