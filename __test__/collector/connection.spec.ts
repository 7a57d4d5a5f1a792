// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { proxyFor } from '../../ts/collector/exporters/connection/proxy';
import { otlpExporter } from '../../ts/collector/exporters/otlp/factory';
import { otlpHttpExporter } from '../../ts/collector/exporters/otlphttp/factory';
import { batchOf } from './batches';
import { destinationOf, QUICK_RETRIES } from './destinations';
import { temporaryFolder } from './fixtures';
import { GrpcSink } from './grpc-sink';
import { Sink } from './sink';

const TLS = join(__dirname, '..', 'fixtures', 'tls');
const CA = join(TLS, 'ca.pem');
const read = (name: string) => readFileSync(join(TLS, name));
const SERVER = { cert: read('server.pem'), key: read('server.key') };

/** An HTTPS server that takes everything; gives its address and how many requests and connections it had. */
async function httpsSink(t: ExecutionContext, options: https.ServerOptions) {
  const counts = { requests: 0, connections: 0, address: '' };
  const server = https.createServer(options, (request, response) => {
    request.resume().on('end', () => {
      counts.requests++;
      response.end();
    });
  });
  server.on('secureConnection', () => counts.connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  counts.address = `localhost:${(server.address() as AddressInfo).port}`;
  return counts;
}

/** A proxy that tells what it was asked for, and by whom. */
async function proxy(t: ExecutionContext) {
  const asked: { method: string; target: string; authorization: string | undefined }[] = [];
  const note = ({ method = '', url = '', headers }: http.IncomingMessage) =>
    asked.push({ method, target: url, authorization: headers['proxy-authorization'] });
  const server = http.createServer((request, response) => {
    note(request);
    const onward = http.request(request.url!, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    note(request);
    const [, port] = request.url!.split(':');
    const onward = net.connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) end.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://me:hush@127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked };
}

const AUTHORIZATION = `Basic ${Buffer.from('me:hush').toString('base64')}`;

test('a proxy passes on requests over HTTP, HTTPS and gRPC, and is told its user, which no message shows', async (t) => {
  const { url: proxy_url, asked } = await proxy(t);
  const plain = await Sink.start();
  const secure = await httpsSink(t, SERVER);
  const grpc = await GrpcSink.start();
  const secureGrpc = await GrpcSink.start(undefined, SERVER);
  t.teardown(() => {
    for (const sink of [plain, grpc, secureGrpc]) sink.close();
  });
  const common = { proxy_url, retry_on_failure: QUICK_RETRIES };
  const tls = { ca_file: CA };
  const destinations = [
    destinationOf(otlpHttpExporter, { endpoint: plain.url, ...common }),
    destinationOf(otlpHttpExporter, { endpoint: `https://${secure.address}`, tls, ...common }),
    destinationOf(otlpExporter, { endpoint: grpc.address, tls: { insecure: true }, ...common }),
    destinationOf(otlpExporter, { endpoint: secureGrpc.address, tls, ...common }),
  ];
  for (const { destination, log } of destinations) {
    t.true(await destination.deliver(batchOf('x')), log());
    t.true(await destination.deliver(batchOf('x')), log());
    t.false(log().includes('hush'));
    await destination.close();
  }
  t.deepEqual(
    asked.map(({ method, target }) => `${method} ${target}`),
    [
      `POST ${plain.url}/v1/traces`,
      `POST ${plain.url}/v1/traces`,
      `CONNECT ${secure.address}`,
      `CONNECT ${grpc.address}`,
      `CONNECT ${secureGrpc.address}`,
    ],
  );
  for (const { authorization } of asked) t.is(authorization, AUTHORIZATION);
});

test('a proxy that gives no way is told, and the batch tried again', async (t) => {
  const server = http.createServer();
  server.on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { destination, log } = destinationOf(otlpExporter, {
    endpoint: 'example.org:4317',
    proxy_url: `http://me:hush@127.0.0.1:${(server.address() as AddressInfo).port}`,
    retry_on_failure: { enabled: false },
  });
  t.false(await destination.deliver(batchOf('x')));
  t.regex(log(), /the proxy 127\.0\.0\.1:\d+ gives no way to example\.org:4317: it answered 407/);
  t.false(log().includes('hush'));
  await destination.close();
});

test('the environment names proxies, and what goes past them', (t) => {
  const env = {
    HTTPS_PROXY: 'http://secure:1',
    http_proxy: 'plain:2',
    NO_PROXY: 'inner.example, .sub.example,10.0.0.0/8,other.example:8080,fd00::/8',
  };
  const via = (host: string, port = '443', scheme = 'https:') =>
    proxyFor(host, port, scheme, undefined, env)?.host ?? 'direct';
  t.is(via('collector.example'), 'secure:1');
  t.is(via('collector.example', '80', 'http:'), 'plain:2');
  t.is(via('inner.example'), 'direct');
  t.is(via('deep.inner.example'), 'direct');
  t.is(via('sub.example'), 'secure:1');
  t.is(via('a.sub.example'), 'direct');
  t.is(via('notinner.example'), 'secure:1');
  t.is(via('10.20.30.40'), 'direct');
  t.is(via('11.20.30.40'), 'secure:1');
  t.is(via('[fd00::7]'), 'direct');
  t.is(via('other.example', '8080'), 'direct');
  t.is(via('other.example', '8081'), 'secure:1');
  t.is(via('localhost'), 'direct');
  t.is(via('127.1.2.3'), 'direct');
  t.is(proxyFor('anything', '1', 'https:', undefined, { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }), undefined);
  t.is(proxyFor('localhost', '1', 'http:', new URL('http://told:3'), env)?.host, 'told:3');
  t.throws(() => proxyFor('h', '1', 'https:', undefined, { HTTPS_PROXY: 'socks5://me:hush@p' }), {
    message: 'HTTPS_PROXY is no URL that begins with http:// or https://',
  });
});

for (const [what, of, tls, message] of [
  ['of an unknown authority', 'server', {}, /name the authority that signed it in tls\.ca_file/],
  ['for another host', 'server', { ca_file: CA, server_name_override: 'elsewhere' }, /certificate is for another host/],
  ['that it signed itself', 'other', { ca_file: CA }, /name the authority that signed it in tls\.ca_file/],
  ['that has expired', 'expired', { ca_file: join(TLS, 'expired.pem') }, /its certificate has to be renewed/],
] as const) {
  test(`a server with a certificate ${what} gets nothing, over HTTP and gRPC`, async (t) => {
    const certificate = { cert: read(`${of}.pem`), key: read(`${of}.key`) };
    const secure = await httpsSink(t, certificate);
    const grpc = await GrpcSink.start(undefined, certificate);
    t.teardown(() => grpc.close());
    const retry_on_failure = { enabled: false };
    for (const { destination, log } of [
      destinationOf(otlpHttpExporter, { endpoint: `https://${secure.address}`, tls, retry_on_failure }),
      destinationOf(otlpExporter, { endpoint: grpc.address, tls, retry_on_failure }),
    ]) {
      t.false(await destination.deliver(batchOf('x')));
      t.regex(log(), message);
      await destination.close();
    }
    t.is(secure.requests, 0);
    t.is(grpc.calls.length, 0);
  });
}

test('insecure_skip_verify takes any certificate; a name may stand for the address', async (t) => {
  const secure = await httpsSink(t, { cert: read('other.pem'), key: read('other.key') });
  const lax = destinationOf(otlpHttpExporter, {
    endpoint: `https://${secure.address}`,
    tls: { insecure_skip_verify: true },
  });
  t.true(await lax.destination.deliver(batchOf('x')), lax.log());
  await lax.destination.close();
  const named = await GrpcSink.start(undefined, SERVER);
  t.teardown(() => named.close());
  const tls = { ca_file: CA, server_name_override: 'collector.test' };
  const other = destinationOf(otlpExporter, { endpoint: named.address, tls });
  t.true(await other.destination.deliver(batchOf('x')), other.log());
  await other.destination.close();
});

test('a certificate that is renewed is used from the next request on', async (t) => {
  const secure = await httpsSink(t, { ...SERVER, ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true });
  const folder = temporaryFolder(t);
  const [cert_file, key_file] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  copyFileSync(join(TLS, 'other.pem'), cert_file);
  copyFileSync(join(TLS, 'other.key'), key_file);
  const { destination, log } = destinationOf(otlpHttpExporter, {
    endpoint: `https://${secure.address}`,
    tls: { ca_file: CA, cert_file, key_file },
    retry_on_failure: { ...QUICK_RETRIES, max_elapsed_time: 0 },
  });
  const delivered = destination.deliver(batchOf('x'));
  while (!destination.counters.signals.traces?.retries) await new Promise(setImmediate);
  for (const [from, to] of [
    ['client.pem', cert_file],
    ['client.key', key_file],
  ]) {
    copyFileSync(join(TLS, from), `${to}.new`);
    renameSync(`${to}.new`, to);
  }
  t.true(await delivered, log());
  await destination.close();
});

test('files that cannot be used are told before anything is exported', async (t) => {
  const folder = temporaryFolder(t);
  const text = join(folder, 'text');
  writeFileSync(text, 'no certificate');
  const cases: [object, RegExp][] = [
    [{ tls: { ca_file: join(folder, 'missing') } }, /cannot read .*missing \(ENOENT\)/],
    [{ tls: { ca_file: text } }, /text holds no certificate in PEM form/],
    [{ tls: { cert_file: text, key_file: text } }, /text with .*text cannot be used/],
    [
      { tls: { cert_file: join(TLS, 'server.pem'), key_file: join(TLS, 'other.key') } },
      /server\.pem with .*other\.key cannot be used/,
    ],
    [{ bearer_token_file: join(folder, 'token') }, /cannot read .*token \(ENOENT\)/],
  ];
  for (const [settings, message] of cases) {
    for (const { destination } of [
      destinationOf(otlpHttpExporter, { endpoint: 'https://localhost:1', ...settings }),
      destinationOf(otlpExporter, { endpoint: 'localhost:1', ...settings }),
    ]) {
      await t.throwsAsync(destination.start(), { message });
    }
  }
});

test('a bearer token is read from its file, again when it was changed, and no message shows it', async (t) => {
  const sink = await Sink.start((_request, response, index) => {
    response.statusCode = index === 0 ? 401 : 200;
    response.end();
  });
  const grpc = await GrpcSink.start();
  t.teardown(() => {
    sink.close();
    grpc.close();
  });
  const token = join(temporaryFolder(t), 'token');
  writeFileSync(token, 'first-secret\n');
  chmodSync(token, 0o600);
  const overHttp = destinationOf(otlpHttpExporter, { endpoint: sink.url, bearer_token_file: token });
  const overGrpc = destinationOf(otlpExporter, {
    endpoint: grpc.address,
    bearer_token_file: token,
    tls: { insecure: true },
  });
  t.false(await overHttp.destination.deliver(batchOf('x')));
  writeFileSync(token, 'the-second-secret');
  t.true(await overHttp.destination.deliver(batchOf('x')));
  t.true(await overGrpc.destination.deliver(batchOf('x')));
  t.deepEqual(
    sink.requests.map(({ headers }) => headers.authorization),
    ['Bearer first-secret', 'Bearer the-second-secret'],
  );
  t.is(grpc.calls[0].headers.authorization, 'Bearer the-second-secret');
  t.false((overHttp.log() + overGrpc.log()).includes('secret'));
  await overHttp.destination.close();
  await overGrpc.destination.close();
});

test('without keep-alive every request has a connection of its own', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const { destination } = destinationOf(otlpHttpExporter, { endpoint: sink.url, disable_keep_alives: true });
  await destination.deliver(batchOf('x'));
  await destination.deliver(batchOf('x'));
  t.is(new Set(sink.requests.map(({ socket }) => socket)).size, 2);
  await destination.close();
});

test('bodies in JSON are those of the file exporter, under their own type', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const { destination } = destinationOf(otlpHttpExporter, {
    endpoint: sink.url,
    encoding: 'json',
    compression: 'none',
  });
  t.true(await destination.deliver(batchOf('')));
  t.is(sink.requests[0].headers['content-type'], 'application/json');
  t.deepEqual(JSON.parse(sink.requests[0].body.toString()), { resourceSpans: [] });
  await destination.close();
});
