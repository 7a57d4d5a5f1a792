// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// SERIES distinct attribute sets of one counter, in the main thread and in a worker alike. Does what it is told on standard input, a
// command a line, and answers each with a line:
//   add N     adds to each N-th set its number of 1 to 5, in both threads
//   flush     forceFlush

const { once } = require('node:events');
const { createInterface } = require('node:readline');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');
const { MmapMeterProvider } = require('../../../dist');

const series = Number(process.env.SERIES);
const provider = new MmapMeterProvider({ cardinalityLimit: series + 1 });
const counter = provider.getMeter('app').createCounter('counted');

function add(each) {
  for (let item = 0; item < series; item += each) {
    counter.add(1 + (item % 5), { shop: `shop ${item % 7}`, item, open: item % 2 === 0 });
  }
}

if (isMainThread) {
  const worker = new Worker(__filename);
  const commands = {
    async add(each) {
      worker.postMessage(each);
      add(each);
      await once(worker, 'message');
    },
    flush: () => provider.forceFlush(),
  };
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [name, each] = line.split(' ');
    await commands[name](Number(each));
    console.log(`done ${line}`);
  });
} else {
  parentPort.on('message', (each) => {
    add(each);
    parentPort.postMessage('done');
  });
}
