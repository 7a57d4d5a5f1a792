// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { metering } from '../support/metering';
import type { FlatMetric } from '../support/metric-json';
import { flattenMetrics } from '../support/metric-json';
import { CommandRun, runCommand } from './command';
import { temporaryFolder } from './fixtures';

const configuration = (directory: string, folder: string, storage: string, detail: string) => `
receivers: { mmap: { include: [${directory}], collection_interval: 1h } }
processors:
  temporality: { preference: delta }
  group:
    attribute: topic
    group_attribute: topics
    rules:
      - { exact: orders, group: core }
      - { pattern: "^audit", group: audit }
    default_group: other
    detail: [${detail}]
exporters:
  file/totals: { path: ${folder}/totals.jsonl }
  file/differences: { path: ${folder}/differences.jsonl }
  file/groups: { path: ${folder}/groups.jsonl }
service:
  storage: ${storage}
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics: { receivers: [mmap], exporters: [file/totals] }
    metrics/differences: { receivers: [mmap], processors: [temporality], exporters: [file/differences] }
    metrics/groups: { receivers: [mmap], processors: [group], exporters: [file/groups] }
`;

/** The values of a metric by attributes, in the order in which the requests came. */
function requestsIn(path: string): Record<string, unknown>[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => valuesOf(flattenMetrics([JSON.parse(line)])));
}

function valuesOf(metrics: FlatMetric[]): Record<string, unknown> {
  return Object.fromEntries(
    metrics
      .filter(({ name }) => name === 'c')
      .flatMap(({ points }) =>
        points.map(({ attributes, value }) => [attributes, (value as { double: number }).double]),
      ),
  );
}

const topic = (name: string) => `[["topic",{"string":"${name}"}]]`;
const group = (name: string) => `[["topics",{"string":"${name}"}]]`;

for (const [name, storage] of [
  ['without a journal', 'none'],
  ['with a journal', '{ directory: %s }'],
] as const) {
  test(`each pipeline of metrics gets what its processors ask for, ${name}`, (t) =>
    metering({}, async ({ directory, provider }) => {
      const folder = temporaryFolder(t);
      const path = join(folder, 'config.yaml');
      const write = (detail: string) =>
        writeFileSync(path, configuration(directory, folder, storage.replace('%s', join(folder, 'state')), detail));
      write('');
      const counter = provider.getMeter('m').createCounter('c');
      const count = () => {
        counter.add(1, { topic: 'orders' });
        counter.add(2, { topic: 'audit.a' });
        counter.add(3, { topic: 'audit.b' });
        counter.add(4, { topic: 'else' });
      };
      count();
      const collector = new CommandRun(t, ['--config', path]);
      await provider.forceFlush();
      count();
      await provider.forceFlush();

      const all = (factor: number) => ({
        [topic('audit.a')]: 2 * factor,
        [topic('audit.b')]: 3 * factor,
        [topic('else')]: 4 * factor,
        [topic('orders')]: factor,
      });
      t.deepEqual(requestsIn(join(folder, 'totals.jsonl')).slice(-2), [all(1), all(2)]);
      t.deepEqual(requestsIn(join(folder, 'differences.jsonl')).slice(-2), [all(1), all(1)]);
      t.deepEqual(requestsIn(join(folder, 'groups.jsonl')).at(-1), {
        [group('audit')]: 10,
        [group('core')]: 2,
        [group('other')]: 8,
      });

      write('audit');
      collector.child.kill('SIGHUP');
      await collector.says(/new configuration is in force/);
      await provider.forceFlush();
      const detailed = requestsIn(join(folder, 'groups.jsonl')).at(-1) ?? {};
      t.is(detailed['[["topic",{"string":"audit.b"}],["topics",{"string":"audit"}]]'], 6);
      t.is(detailed[group('audit')], undefined);
      t.is(await collector.stop(), 0, collector.stderr);
    }));
}

test('without a configuration the environment says which metrics are exported as differences', (t) =>
  metering({}, async ({ directory, provider }) => {
    const folder = temporaryFolder(t);
    const settings = { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' };
    const counter = provider.getMeter('m').createCounter('c');
    counter.add(5);
    const collector = new CommandRun(t, ['--dir', directory, '--exporter', 'file', '--output', folder], settings);
    await provider.forceFlush();
    counter.add(7);
    await provider.forceFlush();
    t.deepEqual(requestsIn(join(folder, 'metrics.jsonl')).slice(-2), [{ '[]': 5 }, { '[]': 7 }]);
    t.is(await collector.stop(), 0, collector.stderr);
  }));

test('rules of groups that cannot be right are told with their place', async (t) => {
  const path = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(
    path,
    `
receivers: { mmap: {} }
processors:
  group:
    attribute: topic
    rules: [{ pattern: "(", group: a }, { group: b }]
    detail: [c]
exporters: { debug: {} }
service: { pipelines: { metrics: { receivers: [mmap], processors: [group], exporters: [debug] } } }
`,
  );
  const { code, stderr } = await runCommand(t, ['validate', '--config', path]);
  t.not(code, 0);
  t.regex(stderr, /'\(' is no regular expression/);
  t.regex(stderr, /needs either exact or pattern/);
});
