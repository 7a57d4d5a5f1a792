// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Writes spans with texts that no slot takes until it is killed, and says after each end that it returned. Texts follow from the
// span's number.
import { MmapTracerProvider } from 'otlp-mmap';
import { say } from './say.mjs';

const [directory, count] = process.argv.slice(2);
const geometry = { spansBuffers: 16_384, spillBytes: 64 << 20 };
const tracer = new MmapTracerProvider({ directory, geometry, resourceDetectors: [] }).getTracer('t');
for (let i = 0; i < Number(count); i++) {
  tracer
    .startSpan(`${i}`)
    .setAttribute('text', `${i} `.repeat((i * 131) % 4000))
    .end();
  say(`ended ${i}`);
}
say('done');
setInterval(() => {}, 1_000);
