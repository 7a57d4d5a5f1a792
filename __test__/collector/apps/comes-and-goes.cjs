// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Counts for customers that come and go, each of whom has series of his own, and ends those that are idle. Does what it is told on
// standard input, a command a line, and answers each with a line:
//   count N   N additions to a counter and a histogram, of 1 + k % 3 each, for one of the CUSTOMERS from the k-th hundred on
//   flush     forceFlush

const { createInterface } = require('node:readline');
const { MmapMeterProvider } = require('../../../dist');

const CUSTOMERS = 40;

const provider = new MmapMeterProvider({ seriesIdleMillis: 100 });
const meter = provider.getMeter('app');
const counter = meter.createCounter('counted');
const histogram = meter.createHistogram('measured', { advice: { explicitBucketBoundaries: [1, 2] } });
let made = 0;

const commands = {
  count(times) {
    for (const end = made + times; made < end; made++) {
      const customer = { customer: `customer ${Math.floor(made / 100) + (made % CUSTOMERS)}` };
      counter.add(1 + (made % 3), customer);
      histogram.record(1 + (made % 3), customer);
    }
  },
  flush: () => provider.forceFlush(),
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [name, times] = line.split(' ');
  await commands[name](Number(times));
  console.log(`done ${line}`);
});
