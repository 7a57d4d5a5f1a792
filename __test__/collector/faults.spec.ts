// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { FaultProxy, faultsOf } from './fault-proxy';
import { temporaryFolder } from './fixtures';
import { GrpcSink } from './grpc-sink';
import { Sink } from './sink';

/** Times that the app records and waits for its export; a longer run finds more. */
const ROUNDS = Number(process.env.OTLP_MMAP_TEST_FAULT_ROUNDS ?? 12);
const SPANS_PER_ROUND = 500;

/** A collector that reads the folder and has these exporters. @param journal Without one, batches are given up for their age. */
function collector(
  t: ExecutionContext,
  directory: string,
  exporters: Record<string, object>,
  journal: boolean,
): CommandRun {
  const config = {
    receivers: { mmap: { include: [directory] } },
    processors: { batch: { timeout: '5ms' } },
    exporters,
    service: {
      // Collectors of other tests run beside this one, and the port is one.
      telemetry: { metrics: { level: 'none' } },
      storage: journal ? { directory: temporaryFolder(t) } : 'none',
      pipelines: { traces: { receivers: ['mmap'], processors: ['batch'], exporters: Object.keys(exporters) } },
    },
  };
  const file = join(temporaryFolder(t), 'collector.yaml');
  writeFileSync(file, JSON.stringify(config));
  return new CommandRun(t, ['--config', file]);
}

/** How often each span arrived, by its ids. */
function arrivals(requests: readonly Buffer[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const request of requests) {
    for (const { scopeSpans } of JSON.parse(loadBinding().requestToJson('traces', request)).resourceSpans) {
      for (const { spans } of scopeSpans) {
        for (const { traceId, spanId } of spans) {
          const id = `${traceId} ${spanId}`;
          found.set(id, (found.get(id) ?? 0) + 1);
        }
      }
    }
  }
  return found;
}

const portOf = (address: string) => Number(new URL(address.includes('://') ? address : `http://${address}`).port);

test('through resets, latency, cuts in the middle of bodies and 503 answers, every span arrives over HTTP and gRPC', async (t) => {
  const overHttp = await Sink.start((_request, response, index) => {
    response.statusCode = index % 7 === 3 ? 503 : 200;
    response.end();
  });
  const overGrpc = await GrpcSink.start();
  const seed = Date.now() & 0xffff;
  t.log(`faults are those of seed ${seed}`);
  const httpProxy = await FaultProxy.start(portOf(overHttp.url), faultsOf(seed));
  const grpcProxy = await FaultProxy.start(portOf(overGrpc.address), faultsOf(seed + 1));
  t.teardown(() => {
    for (const each of [overHttp, overGrpc, httpProxy, grpcProxy]) each.close();
  });
  const retry_on_failure = { initial_interval: '1ms', max_interval: '5ms', max_elapsed_time: '0s' };
  const directory = temporaryFolder(t);
  const run = collector(
    t,
    directory,
    {
      // A connection for each request, so that there are as many faults as requests.
      otlphttp: { endpoint: `http://${httpProxy.address}`, disable_keep_alives: true, timeout: '2s', retry_on_failure },
      otlp: { endpoint: grpcProxy.address, tls: { insecure: true }, timeout: '2s', retry_on_failure },
    },
    true,
  );
  const app = new AppRun(t, directory, 'shop');
  for (let round = 0; round < ROUNDS; round++) {
    await app.tell(`spans ${SPANS_PER_ROUND}`);
    // Before that nobody is there to flush.
    await run.says(/reading .*\.mmap/);
    await app.tell('flush');
    // The connection of gRPC is kept: broken now and then, so that others follow.
    if (round % 2 === 0) overGrpc.disconnect();
  }
  t.is(await run.stop(), 0, run.stderr);

  const sent = ROUNDS * SPANS_PER_ROUND;
  const taken = overHttp.requests.filter((_request, index) => index % 7 !== 3);
  const arrived = {
    http: arrivals(taken.map(({ body }) => gunzipSync(body))),
    grpc: arrivals(overGrpc.calls.map(({ message }) => message)),
  };
  t.is(arrived.http.size, sent, 'spans over HTTP');
  t.is(arrived.grpc.size, sent, 'spans over gRPC');
  t.regex(run.stderr, new RegExp(`spans exported=${sent} incomplete=0 dropped=0 failed=0`));
  t.log(`faults: http ${JSON.stringify(httpProxy.counts)}, grpc ${JSON.stringify(grpcProxy.counts)}`);
});

test('bad destinations of every kind are told one by one, and the good one gets everything', async (t) => {
  const good = await Sink.start();
  const answers = (status: number, body = '') =>
    Sink.start((_request, response) => {
      response.statusCode = status;
      response.end(body);
    });
  const sinks = {
    busy: await answers(429),
    refusing: await answers(400, 'no such tenant'),
    small: await answers(413),
    broken: await answers(503),
    mute: await Sink.start(() => {}),
    chatty: await Sink.start((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<html>please log in</html>');
    }),
  };
  const noise = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end('this is not HTTP\r\n\r\n');
  });
  const closed = http.createServer();
  for (const server of [noise, closed]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const down = (closed.address() as AddressInfo).port;
  closed.close();
  t.teardown(() => {
    for (const sink of [good, ...Object.values(sinks)]) sink.close();
    noise.close();
  });
  // Whatever is tried again would come too late, so that the first answer is the one that is told.
  const retry_on_failure = { initial_interval: '1h', max_interval: '1h', max_elapsed_time: '1s' };
  const common = { retry_on_failure, timeout: '20s', headers: { 'x-key': 'hush' } };
  const named = Object.entries(sinks).map(([name, { url }]) => [
    `otlphttp/${name}`,
    { endpoint: url, ...common, ...(name === 'mute' && { timeout: '200ms' }) },
  ]);
  const directory = temporaryFolder(t);
  const run = collector(
    t,
    directory,
    {
      'otlphttp/good': { endpoint: good.url, retry_on_failure: { initial_interval: '1ms' } },
      ...Object.fromEntries(named),
      'otlphttp/noise': { endpoint: `http://127.0.0.1:${(noise.address() as AddressInfo).port}`, ...common },
      'otlphttp/down': { endpoint: `http://127.0.0.1:${down}`, ...common },
      'otlphttp/tls': { endpoint: good.url.replace('http:', 'https:'), ...common },
      'otlp/down': { endpoint: `127.0.0.1:${down}`, tls: { insecure: true }, ...common },
    },
    false,
  );
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 50');
  // An app that is flushed waits a moment only for a reader that is not there yet.
  await run.says(/reading .*\.mmap/);
  await app.tell('flush');
  t.is(await run.stop(), 0, run.stderr);
  t.is(arrivals(good.requests.map(({ body }) => gunzipSync(body))).size, 50);
  const lines = run.stderr.split('\n');
  const told = (id: string, pattern: RegExp) =>
    t.true(
      lines.some((line) => line.includes(` ${id} `) && pattern.test(line)),
      `${id}: ${pattern} in\n${run.stderr}`,
    );
  told('otlphttp/busy', /did not take 50 spans within \d+ ms, they are given up: it answered 429/);
  told('otlphttp/refusing', /refused 50 spans for good: it answered 400 Bad Request: no such tenant/);
  told('otlphttp/small', /refused 50 spans for good: it answered 413/);
  told('otlphttp/broken', /are given up: it answered 503/);
  told('otlphttp/mute', /no answer within 200 ms/);
  told('otlphttp/chatty', /a body that is no OTLP response \(text\/html\)/);
  told('otlphttp/noise', /are given up: Parse Error/);
  told('otlphttp/down', /are given up: connect ECONNREFUSED/);
  told('otlphttp/tls', /one side speaks TLS and the other does not/);
  told('otlp/down', /are given up: connect ECONNREFUSED/);
  t.false(run.stderr.includes('hush'));
});
