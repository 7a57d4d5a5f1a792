// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { SIGNALS } from '../../ts/collector/batch';
import { configFromOptions, type RunOptions } from '../../ts/collector/config/from-options';
import { plainOf } from '../../ts/collector/config/node';
import { otlpEndpoint } from '../../ts/collector/config/otlp-environment';

const addresses: [string, NodeJS.ProcessEnv, string | undefined, string][] = [
  ['nothing is set', {}, undefined, 'http://localhost:4318/v1/traces'],
  ['a general address', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h:1' }, undefined, 'http://h:1/v1/traces'],
  ['a slash at the end', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h:1/' }, undefined, 'http://h:1/v1/traces'],
  ['a path', { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://h/base/' }, undefined, 'https://h/base/v1/traces'],
  ['a signal address', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://h:1/my/path' }, undefined, 'http://h:1/my/path'],
  ['a signal address without path', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://h:1' }, undefined, 'http://h:1/'],
  [
    'a signal address beside a general one',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/x' },
    undefined,
    'http://b/x',
  ],
  ['an empty variable', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined, 'http://localhost:4318/v1/traces'],
  ['--endpoint', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/x' }, 'http://c/y', 'http://c/y/v1/traces'],
];

for (const [name, env, endpoint, expected] of addresses) {
  test(`address of traces with ${name}`, (t) => {
    t.is(otlpEndpoint(env, 'traces', { endpoint }).url.href, expected);
  });
}

test('headers of the environment are percent-decoded; the command line goes first', (t) => {
  const env = { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b , Other=1,', OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'only=logs' };
  t.deepEqual(otlpEndpoint(env, 'traces', { headers: { other: '2' } }).headers, { 'api-key': 'a b', other: '2' });
  t.deepEqual(otlpEndpoint(env, 'logs', {}).headers, { only: 'logs' });
});

test('a mistake in the environment names the variable, never the value', (t) => {
  const mistakes: [NodeJS.ProcessEnv, RegExp][] = [
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'hush:4318' }, /^OTEL_EXPORTER_OTLP_ENDPOINT is no URL/],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'ftp://hush' }, /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no URL/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'hush' }, /^OTEL_EXPORTER_OTLP_HEADERS is not of the form/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'k=hush%' }, /^OTEL_EXPORTER_OTLP_HEADERS: the value of 'k'/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'k=hush%0a' }, /^OTEL_EXPORTER_OTLP_HEADERS: 'k' has a value/],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '-1' }, /^OTEL_EXPORTER_OTLP_TIMEOUT '-1' is no number/],
    [{ OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '999999999999' }, /^OTEL_EXPORTER_OTLP_TRACES_TIMEOUT .* longer than a day/],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'brotli' }, /^OTEL_EXPORTER_OTLP_COMPRESSION 'brotli' is not known/],
  ];
  for (const [env, message] of mistakes) {
    const error = t.throws(() => otlpEndpoint(env, 'traces', {}), { message });
    t.false(error.message.includes('hush'));
  }
});

interface Document {
  receivers: { mmap: { include?: string[]; files?: string[] } };
  exporters: Record<string, { rotation?: { max_megabytes: number }; headers?: object }>;
  service: { pipelines: Record<string, { exporters: string[] }> };
}

const documentOf = (options: RunOptions, env: NodeJS.ProcessEnv) =>
  plainOf(configFromOptions(options, env)) as Document;

const choices: [string, RunOptions, NodeJS.ProcessEnv, string[]][] = [
  ['nothing is set', {}, {}, ['debug', 'file']],
  ['an endpoint in the environment', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h' }, ['otlphttp']],
  ['an endpoint of one signal', {}, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://h' }, ['otlphttp']],
  ['--endpoint', { endpoint: 'http://h' }, {}, ['otlphttp']],
  ['--output', { output: '/tmp' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h' }, ['file']],
  ['--exporter debug', { exporter: ['debug'] }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h' }, ['debug']],
];

for (const [name, options, env, expected] of choices) {
  test(`exporters with ${name}`, (t) => {
    const { exporters, service } = documentOf(options, env);
    t.deepEqual(Object.keys(exporters), expected);
    for (const signal of SIGNALS) t.deepEqual(service.pipelines[signal].exporters, expected);
  });
}

test('the protocol of the environment may be gRPC or JSON, with certificates; an address on the command line is of HTTP', (t) => {
  const grpc = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://h:4317/ignored',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/ca.pem',
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/me.pem',
    OTEL_EXPORTER_OTLP_CLIENT_KEY: '/me.key',
  };
  t.like(documentOf({}, grpc).exporters, {
    otlp: {
      endpoint: 'https://h:4317',
      tls: { ca_file: '/ca.pem', cert_file: '/me.pem', key_file: '/me.key' },
    },
  });
  const plain = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'h:4317',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_INSECURE: 'true',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://logs/here',
  };
  t.like(documentOf({}, plain).exporters, {
    'otlp/traces': { endpoint: 'h:4317', tls: { insecure: true } },
    'otlp/metrics': { endpoint: 'h:4317' },
    'otlphttp/logs': { logs_endpoint: 'http://logs/here', encoding: 'json' },
  });
  t.deepEqual(Object.keys(documentOf({ endpoint: 'http://h' }, grpc).exporters), ['otlphttp']);
  t.throws(() => documentOf({}, { ...grpc, OTEL_EXPORTER_OTLP_PROTOCOL: 'smoke' }), {
    message: /OTEL_EXPORTER_OTLP_PROTOCOL 'smoke' is not known: it is one of http\/protobuf, http\/json, grpc/,
  });
});

test('files that nobody asked for are capped; those asked for are not', (t) => {
  const sizeOf = (options: RunOptions) => documentOf(options, {}).exporters.file.rotation?.max_megabytes;
  t.is(sizeOf({}), 64);
  t.is(sizeOf({ output: '/tmp' }), undefined);
  t.is(sizeOf({ exporter: ['file'] }), undefined);
  t.is(sizeOf({ output: '/tmp', 'max-file-size': '2MiB' }), 2);
});

test('folders: --dir before OTLP_MMAP_DIR before the default ones, and none beside --file alone', (t) => {
  const env = { OTLP_MMAP_DIR: '/env' };
  const include = (options: RunOptions, env: NodeJS.ProcessEnv) => documentOf(options, env).receivers.mmap.include;
  t.deepEqual(include({ dir: ['/a', '/b'] }, env), ['/a', '/b']);
  t.deepEqual(include({}, env), ['/env']);
  t.is(include({}, {}), undefined);
  t.deepEqual(include({ file: ['/f'] }, env), []);
});

test('variables of one signal that set it apart make an exporter of its own for each signal', (t) => {
  const { exporters, service } = documentOf({ endpoint: 'http://h' }, { OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'only=logs' });
  t.deepEqual(Object.keys(exporters), ['otlphttp/traces', 'otlphttp/logs', 'otlphttp/metrics']);
  t.deepEqual(exporters['otlphttp/logs'].headers, { only: 'logs' });
  t.deepEqual(service.pipelines.logs.exporters, ['otlphttp/logs']);
});
