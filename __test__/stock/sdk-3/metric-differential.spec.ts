// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// OpenTelemetry JS 3.x, from the folder beside this file; run by scripts/test-matrix.mjs, which installs it.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { compareMetricExporter, compareMetricReader } from '../metric-differential';
import { createStockMetricSdk } from '../stock-metrics';

const requireHere = createRequire(join(__dirname, 'package.json'));
const { ProtobufMetricsSerializer } = requireHere('@opentelemetry/otlp-transformer');
const sdk = createStockMetricSdk(requireHere('@opentelemetry/sdk-metrics'), ProtobufMetricsSerializer);

test('metrics_of_sdk_3_through_the_reader_are_those_that_the_stock_exporter_sends', (t) =>
  compareMetricReader(t, sdk, 80));

test('metrics_of_sdk_3_through_the_exporter_are_those_that_the_stock_exporter_sends', (t) =>
  compareMetricExporter(t, sdk, 80));
