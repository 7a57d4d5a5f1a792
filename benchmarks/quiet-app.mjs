// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A process that has had its say: `quiet-app.mjs SETTINGS`. Each of many producers makes a file of the default size with one trace
// in it; when all are exported the process says so, and does nothing more.

import { resourceFromAttributes } from '@opentelemetry/resources';
import { MmapTracerProvider } from 'otlp-mmap';
import { makeTrace, SPANS_PER_TRACE } from './workload.mjs';

const { directory, files } = JSON.parse(process.argv[2]);
const providers = Array.from({ length: files }, (_, number) => {
  const resource = resourceFromAttributes({ 'service.name': `quiet-${number}` });
  const provider = new MmapTracerProvider({ directory, directoryLimit: 2 ** 34, resource, resourceDetectors: [] });
  makeTrace(provider.getTracer('benchmark', '1.0.0'), number);
  return provider;
});
await Promise.all(providers.map((provider) => provider.forceFlush()));
process.on('disconnect', () => process.exit());
process.send({ made: files * SPANS_PER_TRACE });
