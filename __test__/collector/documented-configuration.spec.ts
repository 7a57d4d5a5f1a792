// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { EXPORTERS, EXTENSIONS, PROCESSORS, RECEIVERS } from '../../ts/collector/components';
import { outlineOf, type Schema } from '../../ts/collector/config/schema/schema';
import { service } from '../../ts/collector/config/service';
import { runCommand } from './command';
import { temporaryFolder } from './fixtures';

// What the documents say of the configuration is what the program takes.

const ROOT = join(__dirname, '..', '..');
const DOCS = join(ROOT, 'docs');
const PAGES = [
  join(ROOT, 'README.md'),
  ...readdirSync(DOCS)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(DOCS, name)),
];

interface Example {
  page: string;
  line: number;
  text: string;
}

const EXAMPLES = PAGES.flatMap((path): Example[] => {
  const page = path.slice(ROOT.length + 1);
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length,
    text: match[1],
  }));
});

/** What an example leaves out, so that it is a whole configuration. */
function rest(text: string): object {
  const { receivers, processors = {}, exporters, service = {} } = parse(text);
  if (service.pipelines !== undefined) return {};
  const used = { processors: Object.keys(processors), exporters: Object.keys(exporters ?? { debug: null }) };
  const ofMetrics = [...used.processors, ...used.exporters].some((id) => /^(group|temporality|prometheus)\b/.test(id));
  return {
    ...(receivers === undefined && { receivers: { mmap: null } }),
    ...(exporters === undefined && { exporters: { debug: null } }),
    service: { pipelines: { [ofMetrics ? 'metrics' : 'traces']: { receivers: ['mmap'], ...used } } },
  };
}

test('there are examples', (t) => {
  t.true(EXAMPLES.length >= 5);
});

for (const { page, line, text } of EXAMPLES) {
  test(`the example in line ${line} of ${page} is valid`, async (t) => {
    const file = join(temporaryFolder(t), 'collector.yaml');
    writeFileSync(file, text);
    const args = ['validate', '--config', file, '--config', `yaml:${JSON.stringify(rest(text))}`];
    const { code, stderr } = await runCommand(t, args);
    t.is(code, 0, stderr);
  });
}

test('the example collector.yaml is valid', async (t) => {
  const { code, stdout, stderr } = await runCommand(t, ['validate', '--config', join(DOCS, 'collector.yaml')]);
  t.is(code, 0, stderr);
  t.regex(stdout, /^traces: mmap -> memory_limiter, batch -> otlp_http\/main$/m);
});

/** Keys with their defaults, those within others by their path. Of maps of the user's own keys and lists, the key alone. */
function keysOf(outline: unknown, path = ''): Map<string, unknown> {
  if (typeof outline !== 'object' || outline === null || Array.isArray(outline)) return new Map([[path, outline]]);
  return new Map(
    Object.entries(outline).flatMap(([key, value]) => [...keysOf(value, path === '' ? key : `${path}.${key}`)]),
  );
}

/** The keys of a table behind a heading: in its first column, several separated by commas; with what the second says if that is the default. */
function documentedIn(page: string, heading: string): Map<string, string | undefined> {
  const text = readFileSync(join(DOCS, page), 'utf8');
  const at = text.indexOf(`\n${heading}\n`);
  if (at < 0) throw new Error(`${page} has no '${heading}'`);
  const section = text.slice(at + 1).split(/\n#+ /)[0];
  const found = new Map<string, string | undefined>();
  let hasDefaults = false;
  for (const line of section.split('\n')) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (cells.length < 4 || /^-+$/.test(cells[1])) continue;
    const keys = [...cells[1].matchAll(/`([\w.]+)`/g)].map(([, key]) => key);
    if (cells[1] === 'key' || (keys.length === 1 && cells[2] === 'default')) {
      hasDefaults = cells[2] === 'default';
      continue;
    }
    for (const key of keys) found.set(key, hasDefaults ? cells[2] : undefined);
  }
  return found;
}

/** Words in place of a default where a key that is left out has none, or one that depends. 0 is "not set" in some of them. */
const NO_VALUE =
  /^(|required|one is required|none.*|from the environment|the .*|a journal .*|each app's own|a fifth of the limit|all|last|Prometheus on .*|`attribute` with .*|required, .*)$/;
/** Defaults that are made up where the key is used. */
const MADE_UP: Readonly<Record<string, string>> = { 'compression_params.level': '1', max_points: '8192' };

function agrees(key: string, documented: string | undefined, known: unknown): boolean {
  if (documented === undefined || documented === MADE_UP[key]) return true;
  if (documented.replace(/^`(.*)`$/, '$1') === String(known)) return true;
  return (known === null || known === 0 || Array.isArray(known)) && NO_VALUE.test(documented);
}

const configOf = (factories: readonly { type: string; config: Schema<unknown> }[], type: string) =>
  keysOf(outlineOf(factories.find((factory) => factory.type === type)!.config));
const within = (keys: Map<string, unknown>, part: string) =>
  new Map(
    [...keys].filter(([key]) => key.startsWith(`${part}.`)).map(([key, value]) => [key.slice(part.length + 1), value]),
  );
const but = (keys: Map<string, unknown>, ...parts: string[]) =>
  new Map([...keys].filter(([key]) => !parts.some((part) => key === part || key.startsWith(`${part}.`))));

const http = configOf(EXPORTERS, 'otlphttp');
const grpc = configOf(EXPORTERS, 'otlp');
const queueAndRetries = ['sending_queue', 'retry_on_failure'];
const shared = [...http.keys()].filter((key) => grpc.has(key) && key !== 'endpoint' && !/^(sending_|retry_)/.test(key));

const defaultOf = (key: string) =>
  http.get(key) === grpc.get(key) ? http.get(key) : `otlphttp ${http.get(key)}, otlp ${grpc.get(key)}`;
const ofService = keysOf(outlineOf(service));
const matching = within(configOf(PROCESSORS, 'attributes'), 'include');

const TABLES: [page: string, heading: string, keys: Map<string, unknown>][] = [
  ['collector-configuration.md', '## Receiver `mmap`', configOf(RECEIVERS, 'mmap')],
  ['collector-configuration.md', '## Processor `batch`', configOf(PROCESSORS, 'batch')],
  ['collector-configuration.md', '## Processor `memory_limiter`', configOf(PROCESSORS, 'memory_limiter')],
  ['collector-configuration.md', '## Extension `health_check`', configOf(EXTENSIONS, 'health_check')],
  ['collector-configuration.md', '## `service`', new Map([...but(ofService, 'storage'), ['storage', null]])],
  [
    'exporters.md',
    '## Queue and retries',
    new Map([...within(http, 'sending_queue'), ...within(http, 'retry_on_failure')]),
  ],
  ['exporters.md', '## Keys of both OTLP exporters', new Map(shared.map((key) => [key, defaultOf(key)]))],
  ['exporters.md', '### otlphttp', but(http, ...queueAndRetries, ...shared)],
  ['exporters.md', '### otlp', but(grpc, ...queueAndRetries, ...shared)],
  ['exporters.md', '## file', but(configOf(EXPORTERS, 'file'), ...queueAndRetries)],
  ['exporters.md', '## debug', configOf(EXPORTERS, 'debug')],
  ['exporters.md', '## prometheus', configOf(EXPORTERS, 'prometheus')],
  [
    'processors.md',
    '## include and exclude',
    new Map([...but(matching, 'log_severity_number'), ['log_severity_number', null]]),
  ],
  ['processors.md', '## probabilistic_sampler', configOf(PROCESSORS, 'probabilistic_sampler')],
  ['processors.md', '## temporality', configOf(PROCESSORS, 'temporality')],
  ['processors.md', '## group', configOf(PROCESSORS, 'group')],
];

for (const [page, heading, keys] of TABLES) {
  test(`${page} has every key of '${heading}', no other, each with its default`, (t) => {
    const documented = documentedIn(page, heading);
    t.deepEqual([...documented.keys()].sort(), [...keys.keys()].sort());
    for (const [key, value] of keys) {
      t.true(agrees(key, documented.get(key), value), `${key}: '${documented.get(key)}' is said, '${value}' is true`);
    }
  });
}

test('the example of the journal shows every key with its default', (t) => {
  const example = EXAMPLES.find(({ text }) => text.includes('storage:'))!;
  const shown = keysOf(parse(example.text).service.storage);
  const known = within(ofService, 'storage');
  // that one depends on the environment
  known.set('directory', shown.get('directory'));
  t.deepEqual(
    new Map([...shown].map(([key, value]) => [key, String(value)])),
    new Map([...known].map(([key, value]) => [key, String(value)])),
  );
});
