// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { GrpcSink } from './grpc-sink';

const YAML = `
receivers:
  mmap:
    include: [DIRECTORY]
processors:
  resource:
    attributes:
      - { key: deployment.environment.name, value: test, action: insert }
  attributes:
    actions:
      - { key: text, action: hash }
      - { key: copy, from_attribute: index, action: insert }
  filter:
    spans:
      exclude:
        match_type: regexp
        span_names: ["[13579]$"]
  batch:
    timeout: 5ms
exporters:
  file/first:
    path: OUTPUT
  otlp:
    endpoint: ADDRESS
    compression: gzip
    tls: { insecure: true }
service:
  storage: none
  telemetry: { metrics: { level: none } }
  pipelines:
    traces:
      receivers: [mmap]
      processors: [filter, resource, attributes, batch]
      exporters: [file/first, otlp]
`;

test('what a pipeline changes and drops on the way is the same for all of its destinations', async (t) => {
  const sink = await GrpcSink.start();
  t.teardown(() => sink.close());
  const directory = temporaryFolder(t);
  const output = join(temporaryFolder(t), 'traces.jsonl');
  const config = join(temporaryFolder(t), 'collector.yaml');
  const filled = YAML.replace('DIRECTORY', directory).replace('OUTPUT', output).replace('ADDRESS', sink.address);
  writeFileSync(config, filled);
  const run = new CommandRun(t, ['--config', config]);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 20');
  await run.says(/reading .*\.mmap/);
  await app.tell('flush');
  t.is(await run.stop(), 0, run.stderr);

  const groups = readFileSync(output, 'utf8')
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line).resourceSpans);
  const keys = (list: { key: string }[]) => list.map(({ key }) => key);
  for (const { resource } of groups) t.true(keys(resource.attributes).includes('deployment.environment.name'));
  const spans = groups.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }: { spans: object[] }) => spans));
  t.deepEqual(
    spans.map(({ name }) => name),
    Array.from({ length: 10 }, (_, index) => `span ${2 * index}`),
  );
  for (const { attributes } of spans) {
    const values = Object.fromEntries(attributes.map(({ key, value }: { key: string; value: object }) => [key, value]));
    t.deepEqual(values.copy, values.index);
    t.regex(values.text.stringValue, /^[0-9a-f]{64}$/);
  }
  const names = Buffer.concat(sink.calls.map(({ message }) => message)).toString('latin1');
  t.true(names.includes('span 18') && !names.includes('span 19') && !names.includes('some text'));
});
