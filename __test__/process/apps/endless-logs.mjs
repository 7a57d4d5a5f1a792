// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Emits log records until it is killed, and says on standard output which calls have returned.
import { MmapLoggerProvider } from 'otlp-mmap';
import { say } from './say.mjs';

const [directory, count] = process.argv.slice(2);
const geometry = { eventsBuffers: 16_384, eventsBufferSize: 256 };
const logger = new MmapLoggerProvider({ directory, resourceDetectors: [], geometry }).getLogger('endless');
for (let i = 0; i < Number(count); i++) {
  // Now and then a body that no slot takes.
  const body = i % 50 === 7 ? 'long '.repeat(500) : 'short';
  logger.emit({ body, attributes: { i, text: `record ${i}` } });
  say(`emitted ${i}`);
}
say('done');
// Waits for the kill.
setInterval(() => {}, 1_000);
