// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Two of everything that a span can have.
const { trace } = require('@opentelemetry/api');

const attributes = { first: 'long enough to be cut', second: 2 };
const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
const link = { context, attributes };
const span = trace.getTracer('limits').startSpan('span', { attributes, links: [link, link] });
span.addEvent('one', attributes).addEvent('two', attributes).end();
