// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { metering } from '../support/metering';
import { CommandRun } from './command';
import { configFiles } from './config/documents';
import { GrpcSink } from './grpc-sink';

/** Bytes of the largest message that gRPC servers take when nobody told them otherwise. */
const LONGEST = 4 << 20;
const SERIES = 6000;

const configuration = (directory: string, address: string) => `
receivers: { mmap: { include: [${directory}], collection_interval: 1h } }
processors: { batch: { timeout: 20ms } }
exporters: { otlp: { endpoint: "${address}", compression: none, tls: { insecure: true } } }
service:
  storage: none
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [mmap], processors: [batch], exporters: [otlp] } }
`;

test('metrics with long attributes leave in requests that a gRPC server takes', (t) =>
  metering({ cardinalityLimit: 2 * SERIES }, async ({ directory, provider }) => {
    const sink = await GrpcSink.start();
    t.teardown(() => sink.close());
    const counter = provider.getMeter('app').createCounter('long');
    for (let index = 0; index < SERIES; index++) counter.add(1, { text: `${index} `.padEnd(1900, 'x') });
    const run = new CommandRun(t, ['--config', ...configFiles(t, configuration(directory, sink.address))]);
    await run.says(/ reading /);
    await provider.forceFlush();
    t.is(await run.stop(), 0, run.stderr);
    const sizes = sink.calls.map(({ message }) => message.length);
    t.true(Math.max(...sizes) <= LONGEST, sizes.join());
    const values = sink.calls.flatMap(({ message }) => [
      ...loadBinding()
        .requestToJson('metrics', message)
        .matchAll(/"stringValue":"(\d+) x/g),
    ]);
    t.is(new Set(values.map(([, index]) => index)).size, SERIES);
  }));
