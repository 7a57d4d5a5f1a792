// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import test from 'ava';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { decoded } from './decoded';
import { Shipment } from './deliveries';
import { FaultProxy, faultsOf } from './fault-proxy';
import { temporaryFolder } from './fixtures';
import { endCall, GrpcSink } from './grpc-sink';
import { random } from './random';
import { Sink } from './sink';

/** Milliseconds of load. */
const TIME = Number(process.env.OTLP_MMAP_TEST_FAULTS ?? 60_000);
const SEED = Number(process.env.OTLP_MMAP_TEST_SEED ?? randomInt(2 ** 31));

/** 4,000 spans a second where the machine can. */
const PORTION = 200;
const PACE = 50;
/** Spans that a destination without faults may be behind: far fewer than a ring holds. */
const ON_THEIR_WAY = 500;

/** Statuses after which a request is sent again, and gRPC's. */
const HTTP_STATUSES = [429, 502, 503, 504];
const GRPC_STATUSES = [1, 4, 10, 14, 15];
/** How many of the answers that reach the collector say so. */
const REFUSALS = 0.1;
/** How many calls of gRPC end, when they have arrived, with all of the server's connections. */
const BREAKS = 0.1;

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));

test('under load, through every fault of the way and of the far end, each destination gets each span, and one that is well waits for none', async (t) => {
  t.log(`OTLP_MMAP_TEST_SEED=${SEED}`);
  const draw = random(SEED);
  const shipment = new Shipment();
  const taken = {
    well: shipment.destination(),
    http: shipment.destination(),
    grpc: shipment.destination(),
    down: shipment.destination(),
  };
  const events = new EventEmitter();
  let isDown = true;
  let refused = 0;
  const sinkOf = async (name: keyof typeof taken, statusOf: () => number) => {
    const sink: Sink = await Sink.start(({ headers, body }, response) => {
      sink.requests.length = 0;
      response.statusCode = statusOf();
      if (response.statusCode === 200) {
        taken[name].take(decoded(body, headers['content-encoding']));
      } else refused++;
      response.end();
      events.emit(name);
    });
    return sink;
  };
  const oneOf = (statuses: readonly number[]) => statuses[Math.floor(draw() * statuses.length)];
  const well = await sinkOf('well', () => 200);
  const down = await sinkOf('down', () => (isDown ? 503 : 200));
  const http = await sinkOf('http', () => (draw() < REFUSALS ? oneOf(HTTP_STATUSES) : 200));
  const grpc: GrpcSink = await GrpcSink.start(({ message }, stream) => {
    grpc.calls.length = 0;
    const status = draw() < REFUSALS ? oneOf(GRPC_STATUSES) : 0;
    if (status === 0) taken.grpc.take(message);
    else refused++;
    // A connection that nothing else breaks would be the only one. Later: Node.js 22 aborts where one ends while its input is parsed.
    if (draw() < BREAKS) setImmediate(() => grpc.disconnect());
    else endCall(stream, status);
  });
  const httpProxy = await FaultProxy.start(portOf(http.url), faultsOf(SEED));
  // Its connections are kept until they break.
  const grpcProxy = await FaultProxy.start(portOf(grpc.address), faultsOf(SEED + 1, 200_000));
  t.teardown(() => {
    for (const each of [httpProxy, grpcProxy, well, down, http, grpc]) each.close();
  });

  const directory = temporaryFolder(t);
  const config = join(temporaryFolder(t), 'collector.yaml');
  const retry_on_failure = { initial_interval: '1ms', max_interval: '50ms' };
  const common = { timeout: '2s', retry_on_failure };
  writeFileSync(
    config,
    JSON.stringify({
      receivers: { mmap: { include: [directory] } },
      processors: { batch: { timeout: '20ms' } },
      exporters: {
        'otlphttp/well': { endpoint: well.url, ...common },
        // A connection for each request, so that there are as many faults as requests.
        'otlphttp/faulty': { endpoint: `http://${httpProxy.address}`, disable_keep_alives: true, ...common },
        'otlphttp/down': { endpoint: down.url, sending_queue: { queue_size: 20 }, ...common },
        'otlp/faulty': { endpoint: grpcProxy.address, tls: { insecure: true }, ...common },
      },
      service: {
        // Collectors of other tests run beside this one, and the port is one.
        telemetry: { metrics: { level: 'none' } },
        storage: { directory: temporaryFolder(t) },
        shutdown_timeout: '30s',
        pipelines: {
          traces: {
            receivers: ['mmap'],
            processors: ['batch'],
            exporters: ['otlphttp/well', 'otlphttp/faulty', 'otlphttp/down', 'otlp/faulty'],
          },
        },
      },
    }),
  );
  const run = new CommandRun(t, ['--config', config]);
  const app = new AppRun(t, directory, 'shop');
  // The time without an assertion is short; it is the whole test that takes longer than AVA waits.
  t.timeout(TIME + 60_000);
  let made = 0;
  const begin = performance.now();
  for await (const _ of setInterval(PACE)) {
    await app.tell(`spans ${PORTION}`);
    made += PORTION;
    // The load is held back by this destination alone: whatever held it up would end the test here.
    while (made - taken.well.spans > ON_THEIR_WAY) await once(events, 'well');
    t.true(shipment.faults.length === 0, shipment.faults[0]);
    const elapsed = performance.now() - begin;
    if (isDown && elapsed > TIME / 3) {
      t.is(taken.down.spans, 0);
      isDown = false;
    }
    if (elapsed > TIME) break;
  }
  await app.tell('flush');
  t.is(await run.stop(), 0, run.stderr);

  const counts = Object.entries(taken).map(([name, { spans, repeated }]) => `${name} ${spans} (${repeated} twice)`);
  t.log(`${made} spans; ${counts.join(', ')}; refused ${refused} requests`);
  t.log(`faults: http ${JSON.stringify(httpProxy.counts)}, grpc ${JSON.stringify(grpcProxy.counts)}`);
  t.is(shipment.spans, made);
  for (const [name, { spans }] of Object.entries(taken)) t.is(spans, made, name);
  t.is(taken.well.repeated, 0, 'what nothing happened to comes once');
  t.deepEqual(shipment.faults, []);
  t.regex(run.stderr, new RegExp(`spans exported=${made} incomplete=0 dropped=0 failed=0`));
  for (const { counts } of [httpProxy, grpcProxy]) t.is(Object.keys(counts).length, 5, 'every fault was met');
});
