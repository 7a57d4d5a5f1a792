// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Does what it is told on standard input, a command a line, and answers each with a line:
//   spans N   N ended spans      open N   N spans that stay open      flush   forceFlush

const { createInterface } = require('node:readline');
const { trace } = require('@opentelemetry/api');
const { MmapTracerProvider } = require('../../../dist');

const provider = new MmapTracerProvider();
provider.register();
const tracer = trace.getTracer('app', '1.0');

const commands = {
  spans(count) {
    for (let index = 0; index < count; index++) {
      tracer.startSpan(`span ${index}`, { attributes: { index, text: 'some text' } }).end();
    }
  },
  open(count) {
    for (let index = 0; index < count; index++) tracer.startSpan(`open ${index}`).addEvent('reached');
  },
  flush: () => provider.forceFlush(),
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [name, count] = line.split(' ');
  await commands[name](Number(count));
  console.log(`done ${line}`);
});
