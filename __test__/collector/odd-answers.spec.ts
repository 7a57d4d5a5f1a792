// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type net from 'node:net';
import test from 'ava';
import { otlpHttpExporter } from '../../ts/collector/exporters/otlphttp/factory';
import { batchOf } from './batches';
import { destinationOf, QUICK_RETRIES } from './destinations';
import { tcpServer } from './tcp-server';

// Servers that answer as few do, on bare connections: what each answer means, and that the reason of a refusal helps.

/** Larger than what the system buffers between two processes. */
const LARGE = Buffer.alloc(16 << 20, 1);
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

type Answer = (socket: net.Socket, attempt: number) => void;

/** Answers each request, when its head has arrived, without waiting for its body. */
const atHead =
  (text: string, after: (socket: net.Socket) => void = () => {}): Answer =>
  (socket) =>
    socket.once('data', () => {
      socket.write(text, () => after(socket));
      socket.resume();
    });

/** Answers the first attempt so, and the next as one should. */
const first =
  (answer: Answer): Answer =>
  (socket, attempt) =>
    attempt === 0 ? answer(socket, attempt) : atHead(OK)(socket, attempt);

const status = (code: number, headers = '') => `HTTP/1.1 ${code} Some Reason\r\ncontent-length: 0\r\n${headers}\r\n`;
const bye = (socket: net.Socket) => socket.end();

/** Sends there what is given to it, and tries again at once. */
const exporterTo = (address: string) =>
  destinationOf(otlpHttpExporter, {
    endpoint: `http://${address}`,
    compression: 'none',
    retry_on_failure: QUICK_RETRIES,
    timeout: '5s',
  });

const TAKEN: [name: string, answer: Answer, log: RegExp | undefined][] = [
  ['HTTP/1.0, whose answer ends with the connection', atHead('HTTP/1.0 200 OK\r\n\r\n', bye), undefined],
  ['204 No Content', atHead('HTTP/1.1 204 No Content\r\n\r\n'), undefined],
  [
    '100 Continue and 103 Early Hints first',
    atHead(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\n${OK}`),
    undefined,
  ],
  ['chunks and trailers', atHead('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: y\r\n\r\n'), undefined],
  ['nothing, as it closes the connection', first((socket) => socket.end()), /trying again/],
  ['a head without end', first(atHead(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`)), /trying again/],
  ['a status that is none', first(atHead('HTTP/1.1 abc\r\n\r\n')), /trying again/],
  [
    'another length than it says, and closes',
    first(atHead('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx', bye)),
    /trying again/,
  ],
  [
    '503 with a wait below zero',
    first(atHead(status(503, 'retry-after: -5\r\nconnection: close\r\n'))),
    /answered 503/,
  ],
  [
    '503 with a wait in words',
    first(atHead(status(503, 'retry-after: a moment\r\nconnection: close\r\n'))),
    /answered 503/,
  ],
  [
    '503 with a date that is over',
    first(atHead(status(503, 'retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\nconnection: close\r\n'))),
    /503/,
  ],
];

for (const [name, answer, expected] of TAKEN) {
  test(`a server that answers ${name} has the batch in the end`, async (t) => {
    let attempts = 0;
    const { address } = await tcpServer(t, (socket) => answer(socket, attempts++));
    const { destination, log } = exporterTo(address);
    t.true(await destination.deliver(batchOf('a')), log());
    if (expected === undefined) t.is(log(), '');
    else t.regex(log(), expected);
    await destination.close();
  });
}

const REFUSED: [name: string, answer: Answer, log: RegExp][] = [
  [
    '413 before it has read the body',
    atHead(status(413, 'connection: close\r\n'), bye),
    /413.*; make batches smaller: send_batch_max_size and send_batch_max_bytes of the processor batch/,
  ],
  [
    '413 and reads nothing more',
    (socket) => void socket.once('data', () => void socket.pause().write(status(413, 'connection: close\r\n'))),
    /413/,
  ],
  [
    '307 to another place',
    atHead(status(307, 'location: https://user:hush@other.example/v1/traces?key=hush\r\n')),
    /307.*; redirections are not followed: it names https:\/\/other\.example\/v1\/traces/,
  ],
  [
    '101 and goes over to another protocol',
    atHead('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
    /it answered 101 Switching Protocols; is the address right\?/,
  ],
  ['301 to nowhere', atHead(status(301)), /301.*; redirections are not followed/],
  ['404', atHead(status(404)), /404.*; is the address right\?/],
  ['401', atHead(status(401)), /401.*; it wants other credentials: see headers and bearer_token_file/],
  ['415', atHead(status(415)), /415.*; it may not know this encoding or compression/],
];

for (const [name, answer, expected] of REFUSED) {
  test(`a server that answers ${name} refuses for good, told with the remedy`, async (t) => {
    let attempts = 0;
    const { address } = await tcpServer(t, (socket) => answer(socket, attempts++));
    const { destination, log } = exporterTo(address);
    t.false(await destination.deliver(batchOf(LARGE)), log());
    t.is(attempts, 1);
    t.regex(log(), expected);
    t.notRegex(log(), /hush/);
    await destination.close();
  });
}

test('a server that takes a request before it has read it gets no more of it: the memory of its body may hold another soon', async (t) => {
  let received = 0;
  let onClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const { address, sockets } = await tcpServer(t, (socket) => {
    socket.once('data', (head) => {
      received = head.length;
      socket.pause().write(OK);
      socket.on('data', (chunk) => {
        received += chunk.length;
      });
      socket.once('close', onClosed);
    });
  });
  const { destination } = exporterTo(address);
  t.true(await destination.deliver(batchOf(LARGE)));
  for (const socket of sockets) socket.resume();
  await closed;
  t.true(received < LARGE.length, `${received} bytes`);
  await destination.close();
});
