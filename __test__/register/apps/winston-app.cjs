// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

const { trace } = require('@opentelemetry/api');
const winston = require('winston');

const logger = winston.createLogger({ transports: [new winston.transports.Console()] });
trace.getTracer('app').startActiveSpan('work', (span) => {
  logger.warn('out of stock', { order: 7, user: { name: 'ada' } });
  span.end();
});
