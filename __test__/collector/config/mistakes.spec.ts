// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../../ts/collector/config/load';
import { temporaryFolder } from '../fixtures';
import { problemsOf, SOUND } from './documents';

/** What is changed in a configuration that works, and what is said about it. */
const mistakes: [string, (sound: string) => string, string[]][] = [
  [
    'an unknown key, with the nearest known one',
    (sound) => sound.replace('batch:\n', 'batch:\n    timout: 1s\n'),
    ["1.yaml:5: processors.batch.timout: is not known here; did you mean 'timeout'?"],
  ],
  [
    'an unknown section',
    (sound) => `${sound}exporter: {}\n`,
    ["1.yaml:10: exporter: is not known here; did you mean 'exporters'?"],
  ],
  [
    'a duration without its unit',
    (sound) => sound.replace('batch:\n', 'batch:\n    timeout: 200\n'),
    [
      "1.yaml:5: processors.batch.timeout: '200' is no duration: write numbers with their units, as in 200ms, 10s or 1m30s",
    ],
  ],
  [
    'a duration with a unit that there is not',
    (sound) => sound.replace('batch:\n', 'batch:\n    timeout: 2sec\n'),
    [
      "1.yaml:5: processors.batch.timeout: '2sec' is no duration: write numbers with their units, as in 200ms, 10s or 1m30s",
    ],
  ],
  [
    'a word in place of a number',
    (sound) => sound.replace('batch:\n', 'batch:\n    send_batch_size: many\n'),
    ["1.yaml:5: processors.batch.send_batch_size: 'many' is no number"],
  ],
  [
    'a number out of its range',
    (sound) => sound.replace('batch:\n', 'batch:\n    send_batch_size: -1\n'),
    ["1.yaml:5: processors.batch.send_batch_size: '-1' is below 0"],
  ],
  [
    'numbers that do not fit together',
    (sound) => sound.replace('batch:\n', 'batch:\n    send_batch_size: 100\n    send_batch_max_size: 99\n'),
    ['1.yaml:6: processors.batch.send_batch_max_size: is below send_batch_size, which is 100; 0 is for no limit'],
  ],
  [
    'a key of the OpenTelemetry Collector that has no meaning here',
    (sound) => sound.replace('batch:\n', 'batch:\n    metadata_keys: [tenant]\n'),
    [
      '1.yaml:5: processors.batch.metadata_keys: has no meaning here: what comes from files has no metadata of a request',
    ],
  ],
  [
    'a type of component that there is not',
    (sound) => sound.replace('  debug:', '  debgu:'),
    [
      "1.yaml:6: exporters.debgu: is of no known type of exporters; did you mean 'debug'?",
      "1.yaml:9: service.pipelines.traces.exporters[0]: 'debug' is not configured under exporters",
    ],
  ],
  [
    'a pipeline that names what is not configured',
    (sound) => sound.replace('[debug]', '[debug, otlphttp/eu]'),
    [
      "1.yaml:9: service.pipelines.traces.exporters[1]: 'otlphttp/eu' is not configured under exporters; known are debug",
    ],
  ],
  [
    'a pipeline without exporters',
    (sound) => sound.replace('exporters: [debug]', 'exporters: []'),
    ['1.yaml:9: service.pipelines.traces.exporters: has to name at least one'],
  ],
  [
    'a name twice in a pipeline',
    (sound) => sound.replace('[batch]', '[batch, batch]'),
    ["1.yaml:9: service.pipelines.traces.processors[1]: 'batch' is named twice"],
  ],
  [
    'a pipeline of no signal',
    (sound) => sound.replace('traces:', 'spans:'),
    ['1.yaml:9: service.pipelines.spans: is the pipeline of no signal: its name begins with traces, logs, metrics'],
  ],
  [
    'a pipeline without a name after its slash',
    (sound) => sound.replace('traces:', 'traces/:'),
    ['1.yaml:9: service.pipelines.traces/: has no name after the slash, or a blank in it'],
  ],
  [
    'a key that every object of JavaScript has',
    (sound) => sound.replace('batch:\n', 'batch:\n    toString: 5\n'),
    ['1.yaml:5: processors.batch.toString: is not known here'],
  ],
  [
    'no pipeline at all',
    (sound) => sound.slice(0, sound.indexOf('service:')),
    ['service.pipelines: names no pipeline: at least one of traces, logs and metrics is needed'],
  ],
  [
    'a list where a map should be',
    (sound) => sound.replace('  batch:', '  - batch'),
    [
      '1.yaml:3: processors: is a list and not a map of keys',
      "1.yaml:9: service.pipelines.traces.processors[0]: 'batch' is not configured under processors",
    ],
  ],
  ['what is no YAML', (sound) => sound.replace('processors:', 'processors: ['), ['1.yaml:4: is no YAML: ']],
  ['a key twice', (sound) => `${sound}receivers: {}\n`, ['1.yaml:10: is no YAML: Map keys must be unique']],
  ['a second document', (sound) => `${sound}---\n${sound}`, ['1.yaml:10: a second document begins here']],
  [
    'a reference of a kind that there is not',
    (sound) => sound.replace('batch:\n', 'batch:\n    timeout: ${vault:x}\n'),
    [
      "1.yaml:5: processors.batch.timeout: has '${vault:x}', which is not known: it is ${env:NAME} or ${env:NAME:-default}",
    ],
  ],
  [
    'a path that only a shell knows',
    (sound) => sound.replace('  mmap:\n', '  mmap: { include: ["~/apps"] }\n'),
    ["receivers.mmap.include[0]: '~/apps' begins with '~', which only shells know: write the whole path"],
  ],
  [
    'a path of an address without its slash',
    (sound) => `${sound}extensions: { health_check: { path: healthz } }\n`,
    ["1.yaml:10: extensions.health_check.path: 'healthz' is no path of an address: it begins with /, as in /metrics"],
  ],
  [
    'several at once',
    (sound) => sound.replace('batch:\n', 'batch:\n    timeout: x\n    send_batch_size: y\n'),
    [
      "1.yaml:5: processors.batch.timeout: 'x' is no duration: write numbers with their units, as in 200ms, 10s or 1m30s",
      "1.yaml:6: processors.batch.send_batch_size: 'y' is no number",
    ],
  ],
];

for (const [name, spoil, expected] of mistakes) {
  test(`a message with file, line, path and what was expected: ${name}`, (t) => {
    const problems = problemsOf(t, [spoil(SOUND)]);
    t.is(problems.length, expected.length, problems.join('\n'));
    for (const [index, text] of expected.entries()) t.true(problems[index].includes(text), problems[index]);
  });
}

test('a configuration that works has no problems', (t) => {
  t.deepEqual(problemsOf(t, [SOUND]), []);
});

test('messages show neither secrets nor what came from the environment', (t) => {
  const text = `${SOUND.replace('  debug:', '  otlphttp: { endpoint: "${env:WHERE}", timeout: "${env:LONG}", headers: { key: [hush] } }\n  debug:')}`;
  const problems = problemsOf(t, [text], [], { WHERE: 'hush:4318', LONG: 'hush' });
  t.is(problems.length, 3);
  t.false(problems.join().includes('hush'), problems.join('\n'));
  t.true(problems.some((problem) => problem.includes("timeout: '${env:LONG}' is no duration")));
});

test('a secret in the wrong form, or in a text that is no YAML, is not shown', (t) => {
  const headers = SOUND.replace('  debug:', '  otlphttp: { endpoint: "http://h", headers: "key=hush" }\n  debug:');
  const [told, ...none] = problemsOf(t, [headers]);
  t.regex(told, /exporters\.otlphttp\.headers: is a single value and not a map of keys$/);
  t.deepEqual(none, []);
  for (const text of ['headers: { key: "hush" "hush" }', 'headers: ["hush", &hush hush ]]', 'a: b: hush']) {
    const problems = problemsOf(t, [text]);
    t.true(problems.length > 0, text);
    t.false(problems.join().includes('hush'), problems.join('\n'));
  }
  const inline = t.throws(() => loadConfig({ config: ['yaml:{exporters: {hush'], set: [] }, {}, () => {}));
  t.false(String(inline?.message).includes('hush'), inline?.message);
});

test('a file that is no text is told in few words, whatever is in it', (t) => {
  const folder = temporaryFolder(t);
  const random = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7919 + (index >> 3)) % 251));
  const utf16 = Buffer.from(SOUND, 'utf16le');
  for (const [index, bytes] of [random, utf16, Buffer.from([0xff, 0xfe, 0x41])].entries()) {
    const path = join(folder, `${index}.yaml`);
    writeFileSync(path, bytes);
    const { message } = t.throws(() => loadConfig({ config: [path], set: [] }, {}, () => {}))!;
    t.is(message, `${path}: is no text in UTF-8`);
  }
  const garbage = '}: ]{ "\n'.repeat(5000);
  const problems = problemsOf(t, [garbage]);
  t.true(
    problems.length <= 12 && problems.every((problem) => problem.length < 300),
    problems.join('\n').slice(0, 5000),
  );
  const long = 'x'.repeat(1_000_000);
  for (const problem of problemsOf(t, [`${long}: ${long}\n${SOUND}`])) t.true(problem.length < 1000);
});

test('an alias of what it is part of is told', (t) => {
  const problems = problemsOf(t, [SOUND.replace('batch:\n', 'batch: &a\n    timeout: *a\n')]);
  t.true(problems.some((problem) => /processors\.batch\.timeout.*: is an alias of what it is part of/.test(problem)));
});

test('aliases that multiply do not fill the memory', (t) => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `a${level}: &a${level} [${level === 0 ? 'x' : `*a${level - 1}, *a${level - 1}`}]`,
  );
  t.true(problemsOf(t, [levels.join('\n')]).some((problem) => problem.includes('has more than 100000 values')));
});
