// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { runCommand } from './command';

const mistakes: [string[], NodeJS.ProcessEnv, RegExp][] = [
  [['--bogus'], {}, /--bogus/],
  [['what'], {}, /unexpected argument 'what'/],
  [['--dir'], {}, /--dir/],
  [['--dir', ''], {}, /--dir needs a path/],
  [['--exporter', 'grpc'], {}, /--exporter 'grpc' is not known: it is one of otlphttp, file, debug/],
  [['--exporter', 'debug', '--exporter', 'debug'], {}, /--exporter debug is given twice/],
  [['--exporter', 'debug', '--endpoint', 'http://h'], {}, /--endpoint needs --exporter otlphttp/],
  [['--endpoint', 'localhost:4318'], {}, /--endpoint is no URL/],
  [['--endpoint', 'http://h', '--header', 'novalue'], {}, /--header is not of the form name=value/],
  [['--endpoint', 'http://h', '--timeout', '10'], {}, /--timeout '10' is no duration/],
  [['--endpoint', 'http://h', '--timeout', '0s'], {}, /--timeout must be above 0/],
  [['--endpoint', 'http://h', '--compression', 'zip'], {}, /--compression 'zip' is not known/],
  [['--output', 'x', '--max-file-size', '1 MB'], {}, /--max-file-size '1 MB' is no size/],
  [['-q', '-v'], {}, /--quiet and --verbose/],
  [['--log-format', 'xml'], {}, /--log-format 'xml' is not known: it is text or json/],
  [['--config', 'x.yaml', '--dir', '/d'], {}, /--dir and --config exclude each other/],
  [['validate', '--set', 'x'], {}, /--set 'x' is not of the form a.b=c/],
  [['print-config', 'x'], {}, /unexpected argument 'x'/],
  [['components', '--all'], {}, /--all/],
  [[], { OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' }, /OTEL_EXPORTER_OTLP_ENDPOINT is no URL/],
  [['dump'], {}, /dump needs a FILE/],
  [['dump', '--signal', 'spans', 'x'], {}, /--signal 'spans' is not known: it is one of traces, logs, metrics/],
  [['dump', '--dir', 'x'], {}, /--dir/],
];

for (const [args, env, message] of mistakes) {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value} `);
  test(`exit code 2, naming the mistake: ${settings}otlp-mmap-collector ${JSON.stringify(args)}`, async (t) => {
    const { code, stdout, stderr } = await runCommand(t, args, env);
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(stderr, message);
    t.regex(stderr, /^otlp-mmap-collector: /);
    t.false(/\n\s+at /.test(stderr), 'no stack trace');
  });
}

test('what follows a header that nobody quoted may be a secret, and is not shown', async (t) => {
  const args = ['--endpoint', 'http://h', '--header', 'authorization=Bearer', 'hunter2'];
  const { code, stderr } = await runCommand(t, args, {});
  t.is(code, 2);
  t.regex(stderr, /unexpected argument: a value with spaces needs quotes/);
  t.notRegex(stderr, /hunter2/);
});

test('--help names every command and every option, and dump has a help of its own', async (t) => {
  const { code, stdout } = await runCommand(t, ['--help']);
  t.is(code, 0);
  for (const word of [
    'run',
    'validate',
    'print-config',
    'components',
    'dump',
    '--config',
    '--set',
    '--dir',
    '--file',
    '--exporter',
    '--endpoint',
    '--output',
    '--stats-file',
  ]) {
    t.true(stdout.includes(word), word);
  }
  const dump = await runCommand(t, ['dump', '--help']);
  t.is(dump.code, 0);
  t.regex(dump.stdout, /--all/);
});

test('--version prints the version of the package', async (t) => {
  const { code, stdout } = await runCommand(t, ['--version']);
  t.is(code, 0);
  t.is(stdout, `otlp-mmap-collector ${require('../../package.json').version}\n`);
});
