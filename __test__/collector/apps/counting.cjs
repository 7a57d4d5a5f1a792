// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// What apps have in common that count. Does what it is told on standard input, a command a line, and answers each with a line:
//   count N   N additions to a counter and a histogram, numbered on: the k-th is of 1 + k % 3 with the attributes of k
//   flush     forceFlush

const { createInterface } = require('node:readline');

module.exports = (provider, attributesOf) => {
  const meter = provider.getMeter('app');
  const counter = meter.createCounter('counted');
  const histogram = meter.createHistogram('measured', { advice: { explicitBucketBoundaries: [1, 2] } });
  let made = 0;

  const commands = {
    count(times) {
      for (const end = made + times; made < end; made++) {
        const attributes = attributesOf(made);
        counter.add(1 + (made % 3), attributes);
        histogram.record(1 + (made % 3), attributes);
      }
    },
    flush: () => provider.forceFlush(),
  };

  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [name, times] = line.split(' ');
    await commands[name](Number(times));
    console.log(`done ${line}`);
  });
};
