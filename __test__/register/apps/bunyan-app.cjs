// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

const { trace } = require('@opentelemetry/api');
const bunyan = require('bunyan');

const logger = bunyan.createLogger({ name: 'app' });
trace.getTracer('app').startActiveSpan('work', (span) => {
  logger.warn({ order: 7, user: { name: 'ada' } }, 'out of stock');
  span.end();
});
