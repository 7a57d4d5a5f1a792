// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Counts for 12 topics, one after the other: see counting.cjs.

const { MmapMeterProvider } = require('../../../dist');
const counting = require('./counting.cjs');

const topics = Array.from({ length: 12 }, (_, index) => ({ topic: `topic ${index}` }));

counting(new MmapMeterProvider(), (number) => topics[number % topics.length]);
