// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import test, { type ExecutionContext } from 'ava';
import { MmapTracerProvider, type MmapTracerProviderOptions } from 'otlp-mmap';
import { CommandRun, runCommand } from './command';
import { exportedSpans, fixtureFile, temporaryFolder } from './fixtures';
import { Sink } from './sink';

/** A provider with a folder of its own, and its file's path. */
function writing(t: ExecutionContext, geometry?: MmapTracerProviderOptions['geometry']) {
  const directory = temporaryFolder(t);
  const provider = new MmapTracerProvider({ directory, resourceDetectors: [], geometry });
  t.teardown(() => provider.shutdown());
  const file = () => join(directory, readdirSync(directory).find((name) => name.endsWith('.mmap'))!);
  return { directory, tracer: provider.getTracer('tests', '1'), file };
}

/** A sleep of the test's own would hang on nothing: what is waited for is the command's end. */
function repeatUntilEnded(run: CommandRun, work: () => void): Promise<number | null> {
  const timer = setInterval(work, 10);
  return run.ended().finally(() => clearInterval(timer));
}

test('inspect tells who wrote a file, how full it is and what was lost, and changes no byte', async (t) => {
  const { tracer, file } = writing(t);
  for (let i = 0; i < 3; i++) tracer.startSpan('s', {}, ROOT_CONTEXT).end();
  const path = file();
  const before = readFileSync(path);
  const { code, stdout, stderr } = await runCommand(t, ['inspect', '--format', 'json', path]);
  t.is(code, 0, stderr);
  const { rings, liveness, block, length } = JSON.parse(stdout);
  t.is(liveness, 'alive');
  t.is(length, statSync(path).size);
  t.is(block.identity.pid, process.pid);
  t.deepEqual(block.drops, {});
  t.true(JSON.stringify(block.resource).includes('telemetry.sdk.name'));
  const spans = rings.find(({ name }: { name: string }) => name === 'spans');
  t.is(spans.unread, 6);
  t.is(spans.writerIndex, 5);
  const text = await runCommand(t, ['inspect', path]);
  t.regex(text.stdout, /ring spans +6 of [\d,]+ unread/);
  t.regex(text.stdout, /dropped +nothing/);
  t.true(before.equals(readFileSync(path)));
});

test('inspect shows the files of other writers, and the rest when one cannot be read', async (t) => {
  const path = fixtureFile(t, 'a_traces');
  const before = readFileSync(path);
  const { code, stdout, stderr } = await runCommand(t, ['inspect', join(temporaryFolder(t), 'missing.mmap'), path]);
  t.is(code, 1);
  t.regex(stderr, /missing\.mmap/);
  t.regex(stdout, /block +none: the file of another writer/);
  t.true(before.equals(readFileSync(path)));
});

test('top shows spans in flight, the longest first, with their attributes, and changes no byte', async (t) => {
  const { directory, tracer, file } = writing(t);
  const first = tracer.startSpan(
    'first',
    { attributes: { 'order.id': 7 }, startTime: Date.now() - 5000 },
    ROOT_CONTEXT,
  );
  const second = tracer.startSpan('second', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
  tracer.startSpan('over', {}, ROOT_CONTEXT).end();
  first.setAttribute('late', 'yes');
  second.setAttribute('x', 1);
  tracer.startSpan('third', {}, ROOT_CONTEXT).setAttribute('y', true);
  await Promise.resolve();
  const before = readFileSync(file());
  const { code, stdout, stderr } = await runCommand(t, ['top', '--dir', directory, '--count', '1', '--format', 'json']);
  t.is(code, 0, stderr);
  const { processes, inFlight } = JSON.parse(stdout);
  t.deepEqual(
    inFlight.map(({ span }: { span: { name: string } }) => span.name),
    ['first', 'second', 'third'],
  );
  t.deepEqual(
    inFlight[0].span.attributes.map(({ key }: { key: string }) => key),
    ['order.id', 'late'],
  );
  t.true(inFlight[0].age >= 5000);
  t.is(processes[0].pid, process.pid);
  t.is(processes[0].openSpans, 3);
  t.true(before.equals(readFileSync(file())));
  const text = await runCommand(t, ['top', '--dir', directory, '--count', '1']);
  t.regex(text.stdout, /first .*order\.id = 7 +late = "yes"/);
});

test('top started late knows what the journal does: spans that began more than a ring ago, and only those that are open', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const state = temporaryFolder(t);
  const { directory, tracer, file } = writing(t, { spansBuffers: 64 });
  const args = ['--dir', directory, '--endpoint', sink.url, '--storage', state];
  const collector = new CommandRun(t, args);
  const first = tracer.startSpan('first', { attributes: { 'order.id': 7 } }, ROOT_CONTEXT);
  const ends = tracer.startSpan('ends', {}, ROOT_CONTEXT);
  // Far more than the ring holds, as fast as it is read.
  for (let round = 0; round < 8; round++) {
    const arrives = sink.arrived(sink.requests.length + 1);
    for (let i = 0; i < 20; i++) tracer.startSpan('short', {}, ROOT_CONTEXT).end();
    if (round === 2) ends.end();
    await arrives;
  }
  const last = tracer.startSpan('last', {}, ROOT_CONTEXT);
  const names = async (...more: string[]) => {
    const { code, stdout, stderr } = await runCommand(t, ['top', '--count', '1', '--format', 'json', ...more]);
    t.is(code, 0, stderr);
    return JSON.parse(stdout).inFlight.map(({ span }: { span: { name: string } }) => span.name);
  };
  const before = readFileSync(join(state, 'mmap', 'lock'));
  t.deepEqual(await names('--dir', directory, '--storage', state), ['first', 'last']);
  t.deepEqual(await names('--dir', directory, '--storage', 'none'), ['last']);
  t.deepEqual(await names('--file', file(), '--storage', join(state, 'nowhere')), ['last']);
  t.deepEqual(readFileSync(join(state, 'mmap', 'lock')), before);
  first.end();
  last.end();
  t.is(await collector.stop(), 0, collector.stderr);
});

test('top and tap work beside a collector, which exports everything all the same', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const { directory, tracer } = writing(t);
  const collector = new CommandRun(t, ['--dir', directory, '--endpoint', sink.url, '--exporter', 'otlphttp']);
  const tapped = new CommandRun(t, ['tap', '--dir', directory, '--format', 'json', '--count', '20']);
  const topped = new CommandRun(t, [
    'top',
    '--dir',
    directory,
    '--format',
    'json',
    '--count',
    '3',
    '--interval',
    '100ms',
  ]);
  let made = 0;
  const code = await repeatUntilEnded(tapped, () => {
    tracer.startSpan(`span ${made++}`, {}, ROOT_CONTEXT).end();
  });
  t.is(code, 0, tapped.stderr);
  t.true(exportedSpans(tapped.stdout).size >= 20);
  t.is(await topped.ended(), 0, topped.stderr);
  t.is(topped.stdout.trim().split('\n').length, 3);
  t.is(await collector.stop(), 0, collector.stderr);
  const received = Buffer.concat(sink.requests.map(({ body }) => body)).toString('latin1');
  t.is(new Set(received.match(/span \d+/g)).size, made);
});

test('tap shows only what it was asked for', async (t) => {
  const { directory, tracer } = writing(t);
  const args = ['tap', '--dir', directory, '--format', 'json', '--count', '3', '--signal', 'traces', '--service'];
  const run = new CommandRun(t, [
    ...args,
    `unknown_service:${process.argv0}`,
    '--name',
    'WANT',
    '--attribute',
    'tier=gold',
  ]);
  const code = await repeatUntilEnded(run, () => {
    tracer.startSpan('wanted', { attributes: { tier: 'gold' } }, ROOT_CONTEXT).end();
    tracer.startSpan('wanted', { attributes: { tier: 'tin' } }, ROOT_CONTEXT).end();
    tracer.startSpan('other', { attributes: { tier: 'gold' } }, ROOT_CONTEXT).end();
  });
  t.is(code, 0, run.stderr);
  const spans = [...exportedSpans(run.stdout).values()];
  t.true(spans.length >= 3);
  for (const span of spans) {
    t.is(span.name, 'wanted');
    t.deepEqual(span.attributes, [{ key: 'tier', value: { stringValue: 'gold' } }] as typeof span.attributes);
  }
});

test('what is in the data cannot steer the terminal', async (t) => {
  const { directory, tracer } = writing(t);
  tracer.startSpan('\u001b[2J\u0007bad', { attributes: { '\u001b]0;key': '\u009b31m' } }, ROOT_CONTEXT);
  const top = await runCommand(t, ['top', '--dir', directory, '--count', '1']);
  const tapRun = new CommandRun(t, ['tap', '--dir', directory, '--count', '1']);
  await repeatUntilEnded(tapRun, () => tracer.startSpan('\u001b[31mred', {}, ROOT_CONTEXT).end());
  for (const text of [top.stdout, tapRun.stdout]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
    t.notRegex(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    t.regex(text, /\\u001b/);
  }
});

test('recover prints everything that a file holds unread, open spans too, and changes no byte', async (t) => {
  const path = fixtureFile(t, 'a_traces');
  const before = readFileSync(path);
  const recovered = await runCommand(t, ['recover', '--format', 'json', path]);
  t.is(recovered.code, 0, recovered.stderr);
  const dumped = await runCommand(t, ['dump', '--all', path]);
  t.is(recovered.stdout, dumped.stdout);
  const text = await runCommand(t, ['recover', '--signal', 'traces', path]);
  t.regex(text.stdout, /otlp_mmap\.incomplete = true/);
  t.true(before.equals(readFileSync(path)));
});

test('recover sends everything to an endpoint, tries again, and says what was not taken', async (t) => {
  const path = fixtureFile(t, 'a_traces');
  const sink = await Sink.start((_request, response, index) => {
    response.statusCode = index === 0 ? 503 : 200;
    response.end();
  });
  t.teardown(() => sink.close());
  const sent = await runCommand(t, ['recover', '--endpoint', sink.url, '--signal', 'traces', path]);
  t.is(sent.code, 0, sent.stderr);
  t.deepEqual(
    sink.requests.map(({ path }) => path),
    ['/v1/traces', '/v1/traces'],
  );
  t.true(sink.requests[0].body.equals(sink.requests[1].body));
  const refusing = await Sink.start((_request, response) => {
    response.statusCode = 400;
    response.end();
  });
  t.teardown(() => refusing.close());
  const refused = await runCommand(t, ['recover', '--endpoint', refusing.url, '--signal', 'traces', path]);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /spans were not sent: it answered 400/);
});

for (const [args, reason] of [
  [['inspect'], /needs a FILE/],
  [['recover'], /needs a FILE/],
  [['top', '--format', 'xml'], /'xml'/],
  [['top', '--interval', '1ms'], /'1ms'/],
  [['tap', '--signal', 'profiles'], /'profiles'/],
  [['tap', '--count', 'many'], /'many'/],
  [['tap', '--dir', ''], /empty/],
] as const) {
  test(`a wrong command line (${args.join(' ')}) ends with 2 and says what is wrong`, async (t) => {
    const { code, stderr } = await runCommand(t, [...args]);
    t.is(code, 2, stderr);
    t.regex(stderr, reason);
  });
}
