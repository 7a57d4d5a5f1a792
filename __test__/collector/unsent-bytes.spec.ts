// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { otlpExporter } from '../../ts/collector/exporters/otlp/factory';
import { otlpHttpExporter } from '../../ts/collector/exporters/otlphttp/factory';
import type { ExporterFactory } from '../../ts/collector/pipeline/component';
import { batchOf } from './batches';
import { destinationOf } from './destinations';
import { tcpServer } from './tcp-server';

// The memory of a piece serves another one as soon as the piece is settled, also when it was given up: nothing may send from it after.

/** More than the buffers of both sockets hold. */
const BYTES = 48 << 20;
const FIRST = 0x61;
/** What stands in the memory when it serves another piece. */
const ANOTHER = 0x62;

function frame(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  return Buffer.concat([header, payload]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const WIDEST = 0x7fff_ffff;
/** A server of HTTP/2 begins with its settings; with these it takes everything at once. */
const WIDE_OPEN = Buffer.concat([
  frame(4, Buffer.concat([Buffer.from([0, 4]), word(WIDEST)])),
  frame(8, word(WIDEST - 65_535)),
]);
const GOAWAY = frame(7, Buffer.concat([word(WIDEST), word(0)]));

const PING = frame(6, Buffer.from('12345678'));
const PING_ANSWERED = '12345678';

/** Delivers to a server that stops reading in the middle of the request until the piece is given up; what it reads then. */
async function sentAfterGivingUp<T>(
  t: ExecutionContext,
  factory: ExporterFactory<T>,
  section: (address: string) => object,
  begin: (client: Socket) => void,
): Promise<boolean> {
  let client: Socket | undefined;
  const server = await tcpServer(t, (connection) => {
    client = connection;
    begin(connection);
    // Of the request as much as shows that it is on its way.
    let seen = 0;
    connection.on('data', (chunk) => {
      seen += chunk.length;
      if (seen > 1 << 20) connection.pause();
    });
  });
  const { destination, log } = destinationOf(factory, {
    ...section(server.address),
    compression: 'none',
    timeout: '1s',
    retry_on_failure: { enabled: false },
  });
  const body = Buffer.alloc(BYTES, FIRST);
  const batch = batchOf(body);
  const delivered = await destination.deliver(batch);
  t.false(delivered);
  t.regex(log(), /no answer within 1000 ms/);
  batch.parts[0].fill(ANOTHER);
  let rest = Buffer.alloc(0);
  let isAnother = false;
  const over = new Promise<void>((resolve) => {
    client!.once('close', () => resolve());
    client!.removeAllListeners('data').on('data', (chunk: Buffer) => {
      const text = Buffer.concat([rest, chunk]);
      rest = text.subarray(-16);
      isAnother ||= text.includes(Buffer.alloc(16, ANOTHER));
      // Behind all that waited in the client's socket.
      if (isAnother || text.includes(PING_ANSWERED)) resolve();
    });
  });
  client!.write(PING);
  client!.resume();
  await over;
  await destination.close();
  return isAnother;
}

const grpc = (address: string) => ({ endpoint: address, tls: { insecure: true } });

test('gRPC: nothing of a piece that was given up is sent from its memory later', async (t) => {
  t.false(await sentAfterGivingUp(t, otlpExporter, grpc, (client) => client.write(WIDE_OPEN)));
});

test('gRPC: not on a connection either that takes no more calls (GOAWAY)', async (t) => {
  const begin = (client: Socket) => {
    client.write(WIDE_OPEN);
    client.once('data', () => client.once('data', () => client.write(GOAWAY)));
  };
  t.false(await sentAfterGivingUp(t, otlpExporter, grpc, begin));
});

test('HTTP: nothing of a piece that was given up is sent from its memory later', async (t) => {
  const http = (address: string) => ({ endpoint: `http://${address}` });
  t.false(await sentAfterGivingUp(t, otlpHttpExporter, http, () => {}));
});
