// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { MmapTracerProvider } from '../../ts/trace/provider';
import { Child, packageRoot } from '../support/child';
import { flatten } from '../support/otlp-json';
import { filesIn, withDirectory } from '../support/written-files';

const NODE_OPTIONS = '--import=otlp-mmap/register';

/** A destination that keeps the names of the spans that it gets. */
async function destination(): Promise<{ endpoint: string; next: () => Promise<unknown[]>; close: () => void }> {
  let arrived: (names: unknown[]) => void = () => {};
  const first = new Promise<unknown[]>((resolve) => {
    arrived = resolve;
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const spans = flatten([JSON.parse(loadBinding().requestToJson('traces', Buffer.concat(chunks)))]);
      response.setHeader('content-type', 'application/x-protobuf').end();
      arrived(spans.map(({ span }) => span.name));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: () => first,
    close: () => server.close(),
  };
}

const mains = {
  its_main_module: () => join(packageRoot, 'dist', 'collector', 'main.js'),
  the_command_in_a_bin_folder: (folder: string) => {
    const bin = join(folder, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(join(packageRoot, 'dist', 'collector', 'main.js'), join(bin, 'otlp-mmap-collector'));
    return join(bin, 'otlp-mmap-collector');
  },
};

for (const [how, main] of Object.entries(mains)) {
  test(`a_collector_that_inherits_node_options_does_not_record_itself_run_by_${how}`, (t) =>
    withDirectory((folder) =>
      withDirectory(async (directory) => {
        const { endpoint, next, close } = await destination();
        const provider = new MmapTracerProvider({ directory, resourceDetectors: [] });
        provider.getTracer('app').startSpan('of the app').end();
        const before = filesIn(directory);
        const collector = new Child([main(folder), '--dir', directory], {
          env: { NODE_OPTIONS, OTLP_MMAP_DIR: directory, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
        });
        t.teardown(() => collector.process.kill('SIGKILL'));
        t.deepEqual(await next(), ['of the app']);
        t.deepEqual(filesIn(directory), before, 'its request to the destination made no file');
        collector.process.kill('SIGTERM');
        t.is((await collector.ended).code, 0);
        await provider.shutdown();
        close();
      }),
    ));
}

test('the_command_that_the_guard_knows_is_the_one_that_the_package_installs', (t) => {
  const { bin } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  t.deepEqual(bin, { 'otlp-mmap-collector': './dist/collector/main.js' });
});
