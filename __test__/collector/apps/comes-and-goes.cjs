// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Counts for customers that come and go, each of whom has series of his own, and ends those that are idle: see counting.cjs. The k-th
// hundred is for CUSTOMERS of them, from the k-th on.

const { MmapMeterProvider } = require('../../../dist');
const counting = require('./counting.cjs');

const CUSTOMERS = 40;

counting(new MmapMeterProvider({ seriesIdleMillis: 100 }), (number) => ({
  customer: `customer ${Math.floor(number / 100) + (number % CUSTOMERS)}`,
}));
