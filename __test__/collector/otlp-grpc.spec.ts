// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { grpcAddress } from '../../ts/collector/exporters/otlp/address';
import { otlpExporter } from '../../ts/collector/exporters/otlp/factory';
import { STATUS_NAMES, statusOf } from '../../ts/collector/exporters/otlp/grpc-status';
import { batchOf } from './batches';
import { configured, destinationOf, QUICK_RETRIES } from './destinations';
import { temporaryFolder } from './fixtures';
import { endCall, GrpcSink } from './grpc-sink';
import { field } from './requests';
import { tcpServer } from './tcp-server';

function destinationFor(endpoint: string, settings: object = {}) {
  const plain = { compression: 'none', tls: { insecure: true }, retry_on_failure: QUICK_RETRIES };
  return destinationOf(otlpExporter, { endpoint, ...plain, ...settings });
}

/** google.rpc.Status with a RetryInfo of this many milliseconds. */
function retryInfo(milliseconds: number): Buffer {
  const delay = Buffer.concat([field(1, Math.floor(milliseconds / 1000)), field(2, (milliseconds % 1000) * 1e6)]);
  const any = Buffer.concat([field(1, 'type.googleapis.com/google.rpc.RetryInfo'), field(2, field(1, delay))]);
  return Buffer.concat([field(1, 8), field(2, 'busy'), field(3, any)]);
}

test('the parts of a batch arrive as one message, with the headers of the protocol', async (t) => {
  const sink = await GrpcSink.start();
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.address, { headers: { 'X-Key': 'secret' }, timeout: '7s' });
  t.true(await destination.deliver(batchOf('first ', 'second ', 'third')));
  const [{ path, headers, message }] = sink.calls;
  t.is(path, '/opentelemetry.proto.collector.trace.v1.TraceService/Export');
  t.is(message.toString(), 'first second third');
  t.is(headers['content-type'], 'application/grpc');
  t.is(headers.te, 'trailers');
  t.is(headers['grpc-timeout'], '7000m');
  t.is(headers['x-key'], 'secret');
  t.is(headers['grpc-encoding'], undefined);
  t.regex(headers['user-agent'] ?? '', /^otlp-mmap-collector\/\d/);
  t.is(log(), '');
  await destination.close();
});

test('with gzip the message arrives compressed and unharmed', async (t) => {
  const sink = await GrpcSink.start();
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.address, { compression: 'gzip' });
  const text = 'span '.repeat(100_000);
  t.true(await destination.deliver(batchOf(text, text)));
  t.is(sink.calls[0].headers['grpc-encoding'], 'gzip');
  t.is(sink.calls[0].message.toString(), text + text);
  await destination.close();
});

test('one connection serves call after call', async (t) => {
  const sink = await GrpcSink.start();
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.address);
  await Promise.all(Array.from({ length: 5 }, () => destination.deliver(batchOf('x'))));
  t.is(sink.connections, 1);
  await destination.close();
});

for (const [code, name] of STATUS_NAMES.entries()) {
  if (name === 'OK') continue;
  const retried = ['CANCELLED', 'DEADLINE_EXCEEDED', 'ABORTED', 'OUT_OF_RANGE', 'UNAVAILABLE', 'DATA_LOSS'].includes(
    name,
  );
  test(`the status ${name} is ${retried ? 'followed by another attempt' : 'final'}`, async (t) => {
    const sink = await GrpcSink.start((_call, stream, index) =>
      endCall(stream, index === 0 ? code : 0, { text: index === 0 ? 'sorry %C3%A4' : '' }),
    );
    t.teardown(() => sink.close());
    const { destination, log } = destinationFor(sink.address);
    t.is(await destination.deliver(batchOf('x')), retried);
    t.is(sink.calls.length, retried ? 2 : 1);
    t.regex(log(), new RegExp(`it answered ${name}: sorry ä`));
    await destination.close();
  });
}

test('exhausted resources are tried again only when the server says when', async (t) => {
  const sink = await GrpcSink.start((_call, stream, index) =>
    endCall(stream, index === 0 ? 8 : 0, { details: index === 0 ? retryInfo(20) : undefined }),
  );
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.address);
  const begin = performance.now();
  t.true(await destination.deliver(batchOf('x')));
  t.true(performance.now() - begin >= 19, 'not before the time that the server asked for');
  t.is(sink.calls.length, 2);
  await destination.close();
});

test('a partial success is counted, warned of, and never sent again', async (t) => {
  const message = field(1, Buffer.concat([field(1, 2), field(2, 'too long')]));
  const sink = await GrpcSink.start((_call, stream) => endCall(stream, 0, { message }));
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.address);
  t.true(await destination.deliver(batchOf('a', 'b', 'c')));
  t.is(sink.calls.length, 1);
  t.deepEqual(destination.counters.signals, { traces: { sent: 3, rejected: 2, failed: 0, retries: 0 } });
  t.regex(log(), /warn .*rejected 2 spans: too long/);
  await destination.close();
});

test('a call without an answer ends at its deadline and is tried again', async (t) => {
  let mute = false;
  const sink = await GrpcSink.start((_call, stream) => {
    if (!mute) endCall(stream, 0);
    mute = false;
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.address, { timeout: '200ms' });
  // Now there is a connection, so that the deadline is that of the call.
  t.true(await destination.deliver(batchOf('first')));
  mute = true;
  t.true(await destination.deliver(batchOf('second')));
  t.regex(log(), /no answer within 200 ms/);
  t.is(sink.connections, 1, 'all was sent: the connection is not at fault');
  await destination.close();
});

test('a kept connection that the server closed in between costs no wait and no warning', async (t) => {
  const sink = await GrpcSink.start((call, stream, index) => {
    if (index === 1) call.session.destroy();
    else endCall(stream, 0);
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.address);
  t.true(await destination.deliver(batchOf('one')));
  t.true(await destination.deliver(batchOf('two')));
  t.is(sink.calls.length, 3);
  t.is(destination.counters.signals.traces?.retries, 0);
  t.is(log(), '');
  await destination.close();
});

test('a server that takes no more calls (GOAWAY) gets the next one on another connection', async (t) => {
  const sink = await GrpcSink.start((call, stream, index) => {
    if (index === 0) call.session.goaway(0);
    endCall(stream, 0);
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.address);
  t.true(await destination.deliver(batchOf('one')));
  t.true(await destination.deliver(batchOf('two')));
  t.is(sink.connections, 2);
  t.is(log(), '');
  await destination.close();
});

test('a connection that breaks in the middle of an answer is followed by another attempt', async (t) => {
  const sink = await GrpcSink.start((call, stream, index) => {
    if (index > 0) return endCall(stream, 0);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.write('half', () => call.session.destroy());
  });
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.address);
  t.true(await destination.deliver(batchOf('x')));
  t.is(sink.calls.length, 2);
  await destination.close();
});

test('an answer that ends before its status was cut off on the way, and is followed by another attempt', async (t) => {
  const sink = await GrpcSink.start((_call, stream, index) => {
    if (index > 0) return endCall(stream, 0);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.end();
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.address);
  t.true(await destination.deliver(batchOf('x')), log());
  t.is(sink.calls.length, 2);
  await destination.close();
});

test('an answer of something else than a gRPC server is final', async (t) => {
  const sink = await GrpcSink.start((_call, stream) => {
    stream.respond({ ':status': 200, 'content-type': 'text/html' });
    stream.end('please log in');
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.address);
  t.false(await destination.deliver(batchOf('x')));
  t.regex(log(), /it ended without a status: is this a gRPC server\?/);
  await destination.close();
});

test('a batch waits while nothing listens, and goes when something does', async (t) => {
  const path = join(temporaryFolder(t), 'otlp.sock');
  const { destination, log } = destinationFor(`unix://${path}`);
  const delivered = destination.deliver(batchOf('patient'));
  while (!destination.counters.signals.traces?.retries) await new Promise(setImmediate);
  t.regex(log(), /otlp unix:\/\/.*: connect ENOENT/);
  const sink = await GrpcSink.start(undefined, undefined, path);
  t.teardown(() => sink.close());
  t.true(await delivered);
  await destination.close();
});

test('a server that speaks only HTTP/1 is told apart and tried again', async (t) => {
  const { address } = await tcpServer(t, (client) => client.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const { destination, log } = destinationFor(address, { retry_on_failure: { enabled: false } });
  t.false(await destination.deliver(batchOf('x')));
  t.true(log().length > 0);
  await destination.close();
});

test('an answer without end is read to 4 MiB, and counts as taken', async (t) => {
  const sink = await GrpcSink.start((_call, stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    const chunk = Buffer.alloc(1 << 20);
    const pour = () => {
      if (!stream.destroyed) stream.write(chunk, (error) => error || pour());
    };
    pour();
  });
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.address);
  t.true(await destination.deliver(batchOf('x')));
  await destination.close();
});

test('a status that comes before the whole message was read counts, though the stream is reset after it', async (t) => {
  const server = http2.createServer();
  let calls = 0;
  server.on('stream', (stream) => {
    calls++;
    stream.on('error', () => {});
    stream.respond({
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '7',
      'grpc-message': 'not you',
    });
    setImmediate(() => stream.close(http2.constants.NGHTTP2_CANCEL));
  });
  server.on('sessionError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { destination, log } = destinationFor(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.false(await destination.deliver(batchOf('x'.repeat(1_000_000))));
  t.is(calls, 1);
  t.regex(log(), /for good: it answered PERMISSION_DENIED: not you/);
  await destination.close();
});

test('a server that accepts connections and says nothing is given up within the timeout', async (t) => {
  const { address } = await tcpServer(t, () => {});
  const { destination, log } = destinationFor(address, {
    tls: {},
    timeout: '50ms',
    retry_on_failure: { enabled: false },
  });
  t.false(await destination.deliver(batchOf('x')));
  t.regex(log(), /no connection within 50 ms/);
  await destination.close();
});

test('addresses are read as the OpenTelemetry Collector reads them', (t) => {
  const cases: [string, ReturnType<typeof grpcAddress>][] = [
    ['localhost:4317', { host: 'localhost', port: '4317', tls: undefined }],
    ['http://localhost:4317', { host: 'localhost', port: '4317', tls: false }],
    ['https://example.com', { host: 'example.com', port: '443', tls: true }],
    ['dns:///example.com:4317', { host: 'example.com', port: '4317', tls: undefined }],
    ['[::1]:4317', { host: '[::1]', port: '4317', tls: undefined }],
    ['unix:///run/otlp.sock', { path: '/run/otlp.sock', tls: undefined }],
    ['localhost', undefined],
    ['localhost:4317/v1/traces', undefined],
    ['user:word@localhost:4317', undefined],
    ['localhost:70000', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) t.deepEqual(grpcAddress(text), expected, text);
});

test('whatever stands in trailers, a status comes out', (t) => {
  const trailers = fc.dictionary(
    fc.constantFrom('grpc-status', 'grpc-message', 'grpc-status-details-bin'),
    fc.oneof(fc.string(), fc.base64String(), fc.nat(20).map(String)),
  );
  const holds = () =>
    fc.assert(
      fc.property(trailers, fc.integer({ min: 100, max: 599 }), (given, http) => {
        const { name, retryAfter } = statusOf(given, http);
        return STATUS_NAMES.includes(name) && (retryAfter === undefined || retryAfter <= 3_600_000);
      }),
    );
  t.notThrows(holds);
});

const mistakes: [string, object, RegExp][] = [
  ['without an endpoint', {}, /exporters\.otlp\.endpoint: is required/],
  ['with a path', { endpoint: 'http://h:1/v1/traces' }, /is no address of a gRPC server: write host:port/],
  [
    'with a certificate without key',
    { endpoint: 'h:1', tls: { cert_file: 'a' } },
    /tls\.key_file: is required beside cert_file/,
  ],
  ['with a header of the protocol', { endpoint: 'h:1', headers: { te: 'x' } }, /headers: 'te' is set by the protocol/],
  ['with a level of another codec', { endpoint: 'h:1', compression_params: { level: 12 } }, /level is above 9/],
];
for (const [name, section, message] of mistakes) {
  test(`an exporter ${name} is explained`, (t) => {
    t.throws(() => configured(otlpExporter, section), { message });
  });
}
