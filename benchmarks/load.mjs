// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// An HTTP load generator: `load.mjs SETTINGS` with { port, connections, seconds, perSecond? }. Plain sockets, one request at a
// time on each, answers told by their length (all are alike): it must cost less than the server under test.

import net from 'node:net';
import { quantile } from './statistics.mjs';

const { port, connections, seconds, perSecond } = JSON.parse(process.argv[2]);
const REQUEST = Buffer.from(`GET /items/7 HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
const latencies = [];
/** When requests were due that found no free connection. */
const queue = [];
const idle = [];
let running = true;
let busy = 0;

class Connection {
  #socket;
  #answerLength = 0;
  #received = 0;
  #due = 0;

  async open() {
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve, reject) => this.#socket.once('connect', resolve).once('error', reject));
    this.#socket.on('data', (chunk) => this.#onData(chunk));
    this.#socket.on('close', () => {
      if (running || this.#due) throw new Error('the server closed a connection');
    });
  }

  send(due) {
    this.#due = due;
    busy++;
    this.#socket.write(REQUEST);
  }

  #onData(chunk) {
    if (this.#answerLength === 0) this.#answerLength = lengthOf(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#answerLength) return;
    this.#received = 0;
    busy--;
    latencies.push(performance.now() - this.#due);
    this.#due = 0;
    next(this);
  }

  close() {
    this.#socket.destroy();
  }
}

function lengthOf(answer) {
  const text = answer.toString('latin1');
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
  const head = text.indexOf('\r\n\r\n');
  if (!text.startsWith('HTTP/1.1 200') || head < 0 || !length) throw new Error(`unexpected answer: ${text}`);
  return head + 4 + length;
}

/** What a connection does that got its answer. */
function next(connection) {
  if (queue.length > 0) connection.send(queue.shift());
  else if (running && !perSecond) connection.send(performance.now());
  else idle.push(connection);
}

const all = Array.from({ length: connections }, () => new Connection());
for (const connection of all) await connection.open();
const begin = performance.now();
await (perSecond ? paced() : fullSpeed());
running = false;
while (busy > 0 || queue.length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
const elapsed = (performance.now() - begin) / 1000;
for (const connection of all) connection.close();

latencies.sort((a, b) => a - b);
process.send({
  result: {
    requests: latencies.length,
    perSecond: latencies.length / elapsed,
    medianMilliseconds: quantile(latencies, 0.5),
    p99Milliseconds: quantile(latencies, 0.99),
    longestMilliseconds: latencies.at(-1),
  },
});
process.disconnect();

/** Latency counts from when a request was due, so that a server which answers late is not asked less. */
function paced() {
  idle.push(...all);
  return new Promise((resolve) => {
    let sent = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      for (; sent < Math.min(seconds * perSecond, ((now - begin) / 1000) * perSecond); sent++) {
        // by turns: the server closes a connection that it has not heard for five seconds
        const connection = idle.shift();
        if (connection) connection.send(now);
        else queue.push(now);
      }
      if (sent < seconds * perSecond) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
}

function fullSpeed() {
  for (const connection of all) connection.send(performance.now());
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
