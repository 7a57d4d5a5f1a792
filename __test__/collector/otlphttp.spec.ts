// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { otlpHttpExporter } from '../../ts/collector/exporters/otlphttp/factory';
import { FanOut } from '../../ts/collector/pipeline/fan-out';
import { Receipt } from '../../ts/collector/pipeline/receipt';
import { batchOf } from './batches';
import { destinationOf, QUICK_RETRIES } from './destinations';
import { Sink } from './sink';

function destinationFor(endpoint: string, settings: object = {}) {
  return destinationOf(otlpHttpExporter, {
    endpoint,
    compression: 'none',
    retry_on_failure: QUICK_RETRIES,
    ...settings,
  });
}

test('the parts of a batch arrive as one body, with the headers of the protocol', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.url, { headers: { 'x-key': 'secret' } });
  t.true(await destination.deliver(batchOf('first ', 'second ', 'third')));

  const [{ method, path, headers, body }] = sink.requests;
  t.is(method, 'POST');
  t.is(path, '/v1/traces');
  t.is(body.toString(), 'first second third');
  t.is(headers['content-type'], 'application/x-protobuf');
  t.is(headers['content-length'], '18');
  t.is(headers['x-key'], 'secret');
  t.regex(headers['user-agent'] ?? '', /^otlp-mmap-collector\/\d/);
  t.deepEqual(destination.counters.signals, { traces: { sent: 3, rejected: 0, failed: 0, retries: 0 } });
  await destination.close();
});

test('with gzip the body arrives compressed and unharmed', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.url, { compression: 'gzip' });
  const text = 'span '.repeat(1000);
  t.true(await destination.deliver(batchOf(text, text)));

  const [{ headers, body }] = sink.requests;
  t.is(headers['content-encoding'], 'gzip');
  t.true(body.length < text.length);
  t.is(gunzipSync(body).toString(), text + text);
  await destination.close();
});

test('one kept connection serves request after request', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.url);
  for (let index = 0; index < 5; index++) await destination.deliver(batchOf('x'));
  t.is(new Set(sink.requests.map(({ socket }) => socket)).size, 1);
  await destination.close();
});

for (const status of [429, 502, 503, 504]) {
  test(`an answer of ${status} is followed by another attempt with the same body`, async (t) => {
    const sink = await Sink.start((_request, response, index) => {
      response.statusCode = index < 2 ? status : 200;
      response.end();
    });
    t.teardown(() => sink.close());
    const { destination, log } = destinationFor(sink.url);
    t.true(await destination.deliver(batchOf('same')));
    t.deepEqual(
      sink.requests.map(({ body }) => body.toString()),
      ['same', 'same', 'same'],
    );
    t.is(destination.counters.signals.traces?.retries, 2);
    t.regex(log(), new RegExp(`answered ${status}`));
    t.regex(log(), /takes telemetry again/);
    await destination.close();
  });
}

for (const status of [301, 400, 401, 404, 413, 500, 501]) {
  test(`an answer of ${status} is final, counted and logged with the message`, async (t) => {
    const sink = await Sink.start((_request, response) => {
      response.statusCode = status;
      response.end('no thanks\u001b[31m');
    });
    t.teardown(() => sink.close());
    const { destination, log } = destinationFor(sink.url);
    t.false(await destination.deliver(batchOf('a', 'b')));
    t.is(sink.requests.length, 1);
    t.is(destination.counters.signals.traces?.failed, 2);
    t.regex(log(), new RegExp(`refused 2 spans for good: it answered ${status} .*: no thanks`));
    t.false(log().includes('\u001b'), 'a destination cannot steer the terminal');
    await destination.close();
  });
}

test('of a long error message at most 4 KiB are shown', async (t) => {
  const sink = await Sink.start((_request, response) => {
    response.statusCode = 400;
    response.end('m'.repeat(100_000));
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.url);
  await destination.deliver(batchOf('x'));
  t.is(/m{100,}/.exec(log())?.[0].length, 4096);
  await destination.close();
});

test('the message of an encoded google.rpc.Status is shown as text', async (t) => {
  const sink = await Sink.start((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/x-protobuf' });
    response.end(Buffer.from([0x08, 3, 0x12, 8, ...Buffer.from('bad span')]));
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.url);
  await destination.deliver(batchOf('x'));
  t.regex(log(), /answered 400 Bad Request: bad span\n/);
  await destination.close();
});

test('a reset connection is followed by another attempt', async (t) => {
  const sink = await Sink.start(({ socket }, response, index) => {
    if (index === 0) socket.resetAndDestroy();
    else response.end();
  });
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.url);
  t.true(await destination.deliver(batchOf('x')));
  t.is(sink.requests.length, 2);
  t.is(destination.counters.signals.traces?.retries, 1);
  await destination.close();
});

test('a kept connection that the server closed in between costs no wait and no warning', async (t) => {
  const sink = await Sink.start(({ socket }, response, index) => {
    if (index === 1) socket.resetAndDestroy();
    else response.end();
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.url);
  t.true(await destination.deliver(batchOf('one')));
  t.true(await destination.deliver(batchOf('two')));
  t.is(sink.requests.length, 3);
  t.is(destination.counters.signals.traces?.retries, 0);
  t.is(log(), '');
  await destination.close();
});

test('a destination that takes the request and never answers is tried again after the timeout', async (t) => {
  const sink = await Sink.start((_request, response, index) => {
    if (index > 0) response.end();
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.url, { timeout: '50ms' });
  t.true(await destination.deliver(batchOf('x')));
  // On a busy machine the second attempt may be too late as well.
  t.true(sink.requests.length >= 2);
  t.regex(log(), /no answer within 50 ms/);
  await destination.close();
});

test('an answer that stops in the middle is tried again', async (t) => {
  const sink = await Sink.start(({ socket }, response, index) => {
    if (index > 0) return void response.end();
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => socket.destroy());
  });
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.url);
  t.true(await destination.deliver(batchOf('x')));
  t.is(sink.requests.length, 2);
  await destination.close();
});

test('a batch waits while nothing listens, and goes when something does', async (t) => {
  const probe = http.createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');

  const { destination, log } = destinationFor(`http://127.0.0.1:${port}`);
  const delivered = destination.deliver(batchOf('patient'));
  while (!destination.counters.signals.traces?.retries) await new Promise(setImmediate);
  t.is(destination.pending.size, 1);
  t.regex(log(), /ECONNREFUSED.*telemetry stays in the files/);

  const server = http.createServer((request, response) => request.resume().on('end', () => response.end()));
  server.listen(port, '127.0.0.1');
  t.true(await delivered);
  t.is(destination.pending.size, 0);
  server.close();
  await destination.close();
});

test('an answer without end is read to 4 MiB, and its status counts', async (t) => {
  const chunk = Buffer.alloc(1024 * 1024, 0x20);
  const sink = await Sink.start((_request, response) => {
    const pour = () => response.write(chunk, (error) => error || pour());
    pour();
  });
  t.teardown(() => sink.close());
  const { destination } = destinationFor(sink.url);
  t.true(await destination.deliver(batchOf('x')));
  await destination.close();
});

test('an answer that is no HTTP is tried again', async (t) => {
  let connections = 0;
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    connections++;
    if (connections === 1) socket.end('this is not HTTP\r\n\r\n');
    else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { destination } = destinationFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.true(await destination.deliver(batchOf('x')));
  t.is(connections, 2);
  await destination.close();
});

test('a partial success is counted, warned of, and never sent again', async (t) => {
  const sink = await Sink.start((_request, response) => {
    response.setHeader('content-type', 'application/x-protobuf');
    const partial = [0x08, 2, 0x12, 8, ...Buffer.from('too long')];
    response.end(Buffer.from([0x0a, partial.length, ...partial]));
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.url);
  t.true(await destination.deliver(batchOf('a', 'b', 'c')));
  t.is(sink.requests.length, 1);
  t.deepEqual(destination.counters.signals, { traces: { sent: 3, rejected: 2, failed: 0, retries: 0 } });
  t.regex(log(), /warn .*rejected 2 spans: too long/);
  await destination.close();
});

test('a page instead of an OTLP response is warned of', async (t) => {
  const sink = await Sink.start((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<html>please log in</html>');
  });
  t.teardown(() => sink.close());
  const { destination, log } = destinationFor(sink.url);
  await destination.deliver(batchOf('x'));
  t.regex(log(), /no OTLP response \(text\/html\)/);
  await destination.close();
});

test('messages hold neither the password nor the query of an address, nor a header', async (t) => {
  const sink = await Sink.start((_request, response) => {
    response.statusCode = 400;
    response.end();
  });
  t.teardown(() => sink.close());
  const address = new URL(sink.url);
  address.username = 'me';
  address.password = 'hush';
  address.search = '?token=hush';
  const { destination, log } = destinationFor(String(address), { headers: { 'x-key': 'hush' } });
  await destination.deliver(batchOf('x'));
  t.is(sink.requests[0].headers.authorization, `Basic ${Buffer.from('me:hush').toString('base64')}`);
  t.true(log().length > 0);
  t.false(log().includes('hush'));
  await destination.close();
});

test('a batch is settled when the slower of two destinations has it, and the faster one goes on meanwhile', async (t) => {
  const releases: (() => void)[] = [];
  const slow = await Sink.start((_request, response) => {
    releases.push(() => response.end());
  });
  const fast = await Sink.start();
  t.teardown(() => {
    slow.close();
    fast.close();
  });
  const destinations = [destinationFor(slow.url).destination, destinationFor(fast.url).destination];
  const settled: string[] = [];
  const fanOut = new FanOut(destinations);
  const consume = (text: string) =>
    new Promise<void>((resolve) => {
      const receipt = new Receipt(1, 2, (failed) => {
        settled.push(`${text} ${failed}`);
        resolve();
      });
      const batch = batchOf(text);
      fanOut.consume({ ...batch, pieces: batch.pieces.map((part) => ({ ...part, receipt })) });
    });

  const first = consume('first');
  await Promise.all([slow.arrived(1), fast.arrived(1)]);
  const second = consume('second');
  await Promise.all([slow.arrived(2), fast.arrived(2)]);
  t.deepEqual(settled, []);
  releases[0]();
  await first;
  t.deepEqual(settled, ['first 0']);
  releases[1]();
  await second;
  t.deepEqual(settled, ['first 0', 'second 0']);
  for (const destination of destinations) await destination.close();
});
