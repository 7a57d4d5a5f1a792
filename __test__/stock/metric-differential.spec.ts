// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import * as metrics from '@opentelemetry/sdk-metrics';
import test from 'ava';
import { compareMetricExporter, compareMetricReader, type StockMetricSdk } from './metric-differential';
import { createStockMetricSdk } from './stock-metrics';

const sdk: StockMetricSdk = createStockMetricSdk(metrics, ProtobufMetricsSerializer);

test.serial('the_reader_stores_what_the_stock_exporter_would_send', (t) => compareMetricReader(t, sdk, 80));

test.serial('the_exporter_stores_what_the_stock_exporter_would_send', (t) => compareMetricExporter(t, sdk, 80));

test('a_reader_belongs_to_one_provider', (t) => {
  const { MmapMetricReader } = require('../../ts/stock/metric-reader');
  const reader = new MmapMetricReader({ directory: '/dev/null' });
  const provider = new metrics.MeterProvider({ readers: [reader] });
  t.throws(() => new metrics.MeterProvider({ readers: [reader] }), { message: /one MeterProvider/ });
  return provider.shutdown();
});
