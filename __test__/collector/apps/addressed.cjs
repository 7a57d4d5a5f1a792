// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Stands for many apps, each with a file of its own. Does what it is told on standard input, a command a line, and answers each with a line:
//   app NAME URL   another app from now on, whose telemetry of all signals is to go there
//   work N         from each app, N times a span, a log record and an addition to a counter, all with its name
//   flush          forceFlush of each

const { createInterface } = require('node:readline');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { MmapLoggerProvider, MmapMeterProvider, MmapTracerProvider } = require('../../../dist');

const apps = [];

function newApp(name, url) {
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = url;
  const options = { resource: resourceFromAttributes({ 'service.name': name }) };
  const providers = [new MmapTracerProvider(options), new MmapLoggerProvider(options), new MmapMeterProvider(options)];
  const [traces, logs, metrics] = providers;
  const counter = metrics.getMeter('app').createCounter(name);
  const work = () => {
    traces.getTracer('app').startSpan(name).end();
    logs.getLogger('app').emit({ body: name });
    counter.add(1);
  };
  return { work, flush: () => Promise.all(providers.map((provider) => provider.forceFlush())) };
}

const commands = {
  app: (name, url) => void apps.push(newApp(name, url)),
  work(count) {
    for (let index = 0; index < Number(count); index++) for (const { work } of apps) work();
  },
  flush: () => Promise.all(apps.map(({ flush }) => flush())),
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [name, ...words] = line.split(' ');
  await commands[name](...words);
  console.log(`done ${line}`);
});
