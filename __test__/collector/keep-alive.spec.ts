// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { EventEmitter, once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { otlpExporter } from '../../ts/collector/exporters/otlp/factory';
import { batchOf } from './batches';
import { configured, destinationOf } from './destinations';
import { GrpcSink } from './grpc-sink';
import { tcpServer } from './tcp-server';

/** Only a ping can notice that a connection is dead: a call may take as long as it likes. */
const PATIENT = { compression: 'none', tls: { insecure: true }, timeout: '1h' };

/** Passes connections on, until the present ones fall silent without being closed. */
async function way(t: ExecutionContext, address: string) {
  t.timeout(30_000, 'a connection that nobody gave up');
  const events = new EventEmitter();
  const server = await tcpServer(t, (client, keep) => {
    const onward = net.connect(Number(address.split(':')[1]), '127.0.0.1');
    keep(onward);
    client.pipe(onward).pipe(client);
    client.once('close', () => events.emit('given up'));
  });
  const each = (change: (socket: net.Socket) => void) => {
    for (const socket of server.sockets) change(socket);
  };
  return {
    address: server.address,
    /** Nothing is read any more, so what is sent fills the buffers of the system. */
    stall: () => each((socket) => socket.unpipe().pause()),
    /** Everything is read and goes nowhere. */
    swallow: () => each((socket) => socket.unpipe().resume()),
    /** Resolves when a client has closed its end, which only a connection that is read can tell. */
    givenUp: () => once(events, 'given up'),
  };
}

async function grpcSink(t: ExecutionContext): Promise<GrpcSink> {
  const sink = await GrpcSink.start();
  t.teardown(() => sink.close());
  return sink;
}

test('a connection that falls silent is noticed by a ping in the middle of a call, which goes over another one', async (t) => {
  const sink = await grpcSink(t);
  const between = await way(t, sink.address);
  const keepalive = { time: '1s', timeout: '50ms' };
  const { destination, log } = destinationOf(otlpExporter, { endpoint: between.address, keepalive, ...PATIENT });
  t.true(await destination.deliver(batchOf('first')));
  between.stall();
  t.true(await destination.deliver(batchOf('second')), log());
  t.is(sink.connections, 2);
  t.deepEqual(
    sink.calls.map(({ message }) => message.toString()),
    ['first', 'second'],
  );
  await destination.close();
});

test('a connection that falls silent between calls is given up before the next one, where pings are sent without calls', async (t) => {
  const sink = await grpcSink(t);
  const between = await way(t, sink.address);
  const keepalive = { time: '1s', timeout: '50ms', permit_without_stream: true };
  const { destination, log } = destinationOf(otlpExporter, { endpoint: between.address, keepalive, ...PATIENT });
  t.true(await destination.deliver(batchOf('first')));
  const givenUp = between.givenUp();
  between.swallow();
  await givenUp;
  t.true(await destination.deliver(batchOf('second')), log());
  t.is(sink.connections, 2);
  await destination.close();
});

test('a server that answers pings keeps its connection, and is sent none between calls unless that is permitted', async (t) => {
  const pings = { quiet: 0, permitted: 0 };
  const events = new EventEmitter();
  const serve = async (name: keyof typeof pings) => {
    const server = http2.createServer();
    let connections = 0;
    server.on('session', (session) => {
      connections++;
      session.on('ping', () => {
        pings[name]++;
        events.emit(name);
      });
    });
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' }, { endStream: true });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const keepalive = { time: '1s', timeout: '30s', permit_without_stream: name === 'permitted' };
    const { destination } = destinationOf(otlpExporter, { endpoint, keepalive, ...PATIENT });
    t.true(await destination.deliver(batchOf('x')));
    return { destination, connections: () => connections };
  };
  // The quiet one is connected first, so its pings would come first.
  const quiet = await serve('quiet');
  const permitted = await serve('permitted');
  while (pings.permitted < 2) await once(events, 'permitted');
  t.is(pings.quiet, 0);
  for (const { destination, connections } of [quiet, permitted]) {
    t.true(await destination.deliver(batchOf('x')));
    t.is(connections(), 1);
    await destination.close();
  }
});

test('pings more often than once a second are refused, as servers take them for an attack', (t) => {
  t.throws(() => configured(otlpExporter, { endpoint: 'h:1', keepalive: { time: '999ms' } }), {
    message: /keepalive\.time: '999ms' is below 1s|keepalive\.time: '999ms' is below 1000/,
  });
});
