// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { trace } from '@opentelemetry/api';
import pino from 'pino';

const logger = pino();
trace.getTracer('app').startActiveSpan('work', (span) => {
  logger.warn({ order: 7, user: { name: 'ada' } }, 'out of stock');
  span.end();
});
