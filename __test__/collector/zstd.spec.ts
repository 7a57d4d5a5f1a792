// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { HAS_ZSTD } from '../../ts/collector/exporters/encoding';
import { AppRun } from './app-run';
import { CommandRun, runCommand } from './command';
import { configFiles } from './config/documents';
import { decoded } from './decoded';
import { Shipment } from './deliveries';
import { temporaryFolder } from './fixtures';
import { GrpcSink } from './grpc-sink';
import { Sink } from './sink';

const configuration = (directory: string, http: string, grpc: string) => `
receivers: { mmap: { include: [${directory}] } }
exporters:
  otlphttp: { endpoint: "${http}", compression: zstd }
  otlp: { endpoint: "${grpc}", tls: { insecure: true }, compression: zstd, compression_params: { level: 19 } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [mmap], exporters: [otlphttp, otlp] } }
`;

if (HAS_ZSTD) {
  test('with zstd everything arrives compressed and unharmed, over HTTP and gRPC', async (t) => {
    const http = await Sink.start();
    const grpc = await GrpcSink.start();
    t.teardown(() => {
      http.close();
      grpc.close();
    });
    const directory = temporaryFolder(t);
    const run = new CommandRun(t, ['--config', ...configFiles(t, configuration(directory, http.url, grpc.address))]);
    const app = new AppRun(t, directory, 'shop');
    await app.tell('spans 500');
    await app.kill('SIGTERM');
    await Promise.all([http.arrived(1), grpc.arrived(1)]);
    t.is(await run.stop(), 0, run.stderr);

    const shipment = new Shipment();
    const [overHttp, overGrpc] = [shipment.destination(), shipment.destination()];
    for (const { headers, body } of http.requests) {
      t.is(headers['content-encoding'], 'zstd');
      t.is(body.readUInt32LE(), 0xfd2fb528, 'a frame of zstd begins so');
      overHttp.take(decoded(body, 'zstd'));
    }
    for (const { headers, message } of grpc.calls) {
      t.is(headers['grpc-encoding'], 'zstd');
      overGrpc.take(message);
    }
    t.deepEqual([shipment.spans, overHttp.spans, overGrpc.spans], [500, 500, 500]);
    t.deepEqual(shipment.faults, []);
  });
} else {
  test('where Node.js has no zstd the configuration is refused, with the remedy', async (t) => {
    const [path] = configFiles(t, configuration(temporaryFolder(t), 'http://localhost:1', 'localhost:1'));
    for (const command of ['validate', 'run']) {
      const { code, stderr } = await runCommand(t, [command, '--config', path]);
      t.is(code, 78);
      const remedy = `compression: 'zstd' needs Node.js 22.15 or newer, and this is ${process.version}: use gzip\n`;
      t.is(stderr.split(remedy).length, 3, stderr);
      t.true(stderr.includes(`${path}:4: exporters.otlphttp.${remedy}`), stderr);
    }
  });
}
