// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import fc from 'fast-check';
import { collectorConfig, shownConfig } from '../../../ts/collector/config/collector-config';
import { expand } from '../../../ts/collector/config/expansion';
import { loadConfig } from '../../../ts/collector/config/load';
import { merge } from '../../../ts/collector/config/merge';
import { nodeOf, plainOf } from '../../../ts/collector/config/node';
import { ConfigError } from '../../../ts/collector/config/problems';
import { parseGoDuration } from '../../../ts/collector/config/schema/scalar';
import { UsageError } from '../../../ts/collector/usage-error';
import { documentOf } from './documents';

const env = { NAME: 'value', NUMBER: '42', EMPTY: '', LIKE_A_MAP: 'a: b' };

const references: [string, string][] = [
  ['plain', 'plain'],
  ['${env:NAME}', 'value'],
  ['${NAME}', 'value'],
  ['<${env:NAME}-${env:NUMBER}>', '<value-42>'],
  ['${env:NONE:-fallback}', 'fallback'],
  ['${env:NONE:-http://h:4318/v1}', 'http://h:4318/v1'],
  ['${env:EMPTY:-fallback}', 'fallback'],
  ['${env:NAME:-fallback}', 'value'],
  ['${env:NONE:-}', ''],
  ['$$', '$'],
  ['$${env:NAME}', '${env:NAME}'],
  ['$$$${env:NAME}', '$${env:NAME}'],
  ['$$${env:NAME}', '$value'],
  ['$NAME', '$NAME'],
  ['a$', 'a$'],
];

for (const [written, expected] of references) {
  test(`'${written}' stands for '${expected}'`, (t) => {
    t.is(expand(written, env).text, expected);
  });
}

test('text without a dollar stands for itself, and any text does when its dollars are doubled', (t) => {
  fc.assert(fc.property(fc.string(), (text) => t.is(expand(text.replaceAll('$', '$$$$'), env).text, text)));
});

test('a value that is one reference has the type of what it stands for; within text it is text', (t) => {
  const text = 'a: ${env:NUMBER}\nb: "${env:NUMBER}0"\nc: ${env:LIKE_A_MAP}\nd: ${env:NONE}\n';
  const { plain, warnings } = documentOf(t, [text], [], env);
  t.deepEqual(plain, { a: 42, b: '420', c: 'a: b', d: null });
  t.is(warnings.length, 1);
  t.regex(warnings[0], /:4: d: the environment variable NONE is not set/);
});

test('a reference is a list or a map where one is wanted, as its text is YAML, and text everywhere else', (t) => {
  const text = `
receivers: { mmap: { include: "\${env:FOLDERS}" } }
exporters: { otlphttp: { endpoint: http://h, headers: "\${env:HEADERS}", bearer_token_file: "\${env:FOLDERS}" } }
service: { pipelines: { traces: { receivers: "\${env:NONE:-[mmap]}", exporters: [otlphttp] } } }
`;
  const variables = { FOLDERS: '[/one, /two]', HEADERS: '{ a: 1, b: "2" }' };
  const { root: node } = documentOf(t, [text], [], variables);
  const { receivers, exporters, pipelines } = collectorConfig(node);
  t.deepEqual((receivers.get('mmap')!.config as { include: string[] }).include, ['/one', '/two']);
  t.like(exporters.get('otlphttp')!.config, { headers: { a: '1', b: '2' }, bearer_token_file: '[/one, /two]' });
  t.deepEqual(pipelines.get('traces')!.receivers, ['mmap']);
  t.like(shownConfig(node), { receivers: { mmap: { include: ['/one', '/two'] } } });
  const bad = documentOf(t, [text], [], { ...variables, HEADERS: '{ a: { secret: s } }' }).root;
  const { message } = t.throws(() => collectorConfig(bad), { instanceOf: ConfigError })!;
  t.regex(message, /headers\.a: /);
  t.notRegex(message, /secret/);
});

test('later files go over earlier ones: maps by key, lists and values as a whole', (t) => {
  const first = 'a: { b: 1, c: [1, 2], d: { e: 1 } }\n';
  const second = 'a: { c: [3], d: { f: 2 } }\ng: x\n';
  t.deepEqual(documentOf(t, [first, second]).plain, { a: { b: 1, c: [3], d: { e: 1, f: 2 } }, g: 'x' });
});

test('of two documents a key has what the later one says, or both where both say maps', (t) => {
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.array(fc.integer(), { maxLength: 2 }));
  const mapOf = <T>(value: fc.Arbitrary<T>) =>
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { noNullPrototype: true });
  const isMap = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const node = (plain: unknown) => nodeOf(plain, { name: 'x' });
  const document = mapOf(fc.oneof(leaf, mapOf(leaf)));
  fc.assert(
    fc.property(document, document, (a, b) => {
      const expected = Object.fromEntries(
        [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => {
          if (!(key in b)) return [key, a[key]];
          return [key, isMap(a[key]) && isMap(b[key]) ? { ...a[key], ...b[key] } : b[key]];
        }),
      );
      t.deepEqual(plainOf(merge(node(a), node(b))), expected);
    }),
  );
});

test('--set goes over every file, reads its value as YAML, and takes :: where keys have dots', (t) => {
  const set = ['a.b=7', 'a.c=[x, y]', 'd::e.f::g=true', 'h=${env:NAME}', 'i='];
  t.deepEqual(documentOf(t, ['a: { b: 1, z: 2 }\n'], set, env).plain, {
    a: { b: 7, z: 2, c: ['x', 'y'] },
    d: { 'e.f': { g: true } },
    h: 'value',
    i: null,
  });
});

test('--set without its form is a mistake of the command line', (t) => {
  for (const set of ['a.b', '=1', 'a..b=1']) {
    t.throws(() => documentOf(t, ['a: 1\n'], [set]), { instanceOf: UsageError });
  }
  const wrong = 'exporters.otlphttp.headers.key: hush';
  const { message } = t.throws(() => documentOf(t, ['a: 1\n'], [wrong]), { instanceOf: UsageError })!;
  t.regex(message, /^--set 'exporters\.otlphttp\.headers\.key…' is not of the form a\.b=c$/);
});

test('anchors, aliases and merge keys are followed', (t) => {
  const text = 'base: &base { a: 1, b: 2 }\nuse: { <<: *base, b: 3 }\nagain: *base\n';
  t.deepEqual(documentOf(t, [text]).plain, { base: { a: 1, b: 2 }, use: { a: 1, b: 3 }, again: { a: 1, b: 2 } });
});

test('sources other than files: yaml: and env:', (t) => {
  const config = ['yaml:a: 1', 'env:WHOLE'];
  t.deepEqual(plainOf(loadConfig({ config, set: [] }, { WHOLE: 'b: 2' }, () => {})), { a: 1, b: 2 });
  const error = t.throws(() => loadConfig({ config: ['/nowhere/x.yaml', 'env:NONE'], set: [] }, {}, () => {}), {
    instanceOf: ConfigError,
  });
  t.regex(error.message, /^\/nowhere\/x\.yaml: cannot be read \(ENOENT/m);
  t.regex(error.message, /^env:NONE: the environment variable is not set/m);
});

/** From the documentation of Go's time.ParseDuration and its tests. */
const durations: [string, number | undefined][] = [
  ['0', 0],
  ['5s', 5000],
  ['200ms', 200],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['2h45m', 9_900_000],
  ['.5s', 500],
  ['1.s', 1000],
  ['+3s', 3000],
  ['10ns', 1e-5],
  ['11us', 0.011],
  ['12µs', 0.012],
  ['3h30m', 12_600_000],
  ['10.5s4m', 250_500],
  ['', undefined],
  ['3', undefined],
  ['s', undefined],
  ['.', undefined],
  ['.s', undefined],
  ['1d', undefined],
  ['1 s', undefined],
  ['-1s', undefined],
  ['1s x', undefined],
];

for (const [text, milliseconds] of durations) {
  test(`the duration '${text}' is ${milliseconds === undefined ? 'none' : `${milliseconds} ms`}`, (t) => {
    const read = parseGoDuration(text);
    t.is(read === undefined ? read : Number(read.toPrecision(12)), milliseconds);
  });
}
