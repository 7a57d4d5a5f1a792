// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { produceSpans, verifyExported } from '../exported-load.mjs';
import { withCollector, withDirectory, withDirectoryOnDisk, withSink } from '../processes.mjs';

/** Milliseconds for the recovery. */
const PATIENCE = 240_000;

export default {
  title: 'An outage',
  description: `The destination refuses connections while all these spans pass; then it is back, and has to receive every one. Memory is the resident set of the
collector's process: its greatest value, and by how much it grew between a fifth of the outage and its end.`,
  arms: { journal: { title: 'otlp-mmap-collector with a journal of 4 GiB' } },
  metrics: [
    { key: 'spans', title: 'spans', unit: '' },
    { key: 'greatestMegabytes', title: 'memory at most', unit: 'MB' },
    { key: 'grewMegabytes', title: 'memory grew', unit: 'MB' },
    { key: 'recoverySeconds', title: 'from its return to the last span', unit: 's' },
  ],
  expected: [{ arm: 'journal', metric: 'greatestMegabytes', of: 'metrics', atMost: 400 }],
  settings: { rounds: 1, producers: 2, spansPerSecond: 50_000, seconds: 50 },
  smoke: { rounds: 1, producers: 1, spansPerSecond: 5000, seconds: 2 },

  measure(_arm, settings) {
    return withDirectoryOnDisk((state) =>
      withDirectory((directory) =>
        withSink((sink) =>
          withDoor(sink.url, (door) => {
            const measure = ({ pid }) =>
              outage(pid, door, sink, () => produceSpans(directory, settings, settings.seconds));
            return withCollector(directory, door.url, measure, state, ['--set', 'service.storage.max_size=4GiB']);
          }),
        ),
      ),
    );
  },
};

async function outage(pid, door, sink, produce) {
  const memory = [];
  const watch = setInterval(() => memory.push(residentMegabytes(pid)), 200);
  const made = await produce();
  const grewMegabytes = memory.at(-1) - memory[Math.floor(memory.length / 5)];
  door.open();
  const begin = performance.now();
  let counts;
  do counts = await sink.received(made);
  while (counts.spans < made && performance.now() - begin < PATIENCE);
  const recoverySeconds = (performance.now() - begin) / 1000;
  clearInterval(watch);
  verifyExported(made, counts);
  return { spans: made, greatestMegabytes: Math.max(...memory), grewMegabytes, recoverySeconds };
}

/** A way to the sink that is shut at first: who comes is turned away. */
async function withDoor(url, use) {
  const target = new URL(url);
  let isOpen = false;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (!isOpen) return void socket.destroy();
    const onward = connect(Number(target.port), target.hostname);
    onward.on('error', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const open = () => {
    isOpen = true;
  };
  try {
    return await use({ url: `http://127.0.0.1:${server.address().port}`, open });
  } finally {
    server.close();
  }
}

function residentMegabytes(pid) {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1000;
}
