// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Does what it is told on standard input, a command a line, and answers each with a line:
//   work N   N times a span, a log record and an addition to a counter, numbered from 0; a span around it ends with the next work
//   end      ends that span, and one that was open all the time

const { createInterface } = require('node:readline');
const { ROOT_CONTEXT } = require('@opentelemetry/api');
const { MmapLoggerProvider, MmapMeterProvider, MmapTracerProvider } = require('../../../dist');

const tracer = new MmapTracerProvider().getTracer('app');
const logger = new MmapLoggerProvider().getLogger('app');
const counter = new MmapMeterProvider().getMeter('app').createCounter('work');
let made = 0;
const longest = tracer.startSpan('longest', {}, ROOT_CONTEXT);
let around;

const commands = {
  work(count) {
    around?.end();
    around = tracer.startSpan('around', {}, ROOT_CONTEXT);
    for (let i = 0; i < count; i++, made++) {
      tracer.startSpan(`span ${made}`, { attributes: { made, text: 'some text' } }, ROOT_CONTEXT).end();
      logger.emit({ body: `log ${made}`, severityNumber: 9 });
      counter.add(1 + (made % 3), { worker: made % 5 });
    }
  },
  end() {
    around?.end();
    longest.end();
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const [name, count] = line.split(' ');
  commands[name](Number(count));
  console.log(`done ${line}`);
});
