// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { CommandRun } from './command';
import { ALL, checkSpans, ENDED } from './exported-fixture';
import { exportedLogs, fixtureFile, recordedLogs, temporaryFolder, tracesFile, type WholeLog } from './fixtures';
import { Sink } from './sink';

/** The sink's requests as OTLP JSON lines. */
function received(sink: Sink): string {
  return sink.requests.map(({ body }) => loadBinding().requestToJson('traces', body)).join('\n');
}

/** Resolves when the file is there; its folder exists. */
async function appears(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  while (!existsSync(path)) await once(watcher, 'change');
  watcher.close();
}

/** What a further run over the same file exports. */
async function leftIn(t: ExecutionContext, file: string): Promise<number> {
  const output = temporaryFolder(t);
  const run = new CommandRun(t, ['--file', file, '--output', output, '--storage', 'none']);
  t.is(await run.stop(), 0, run.stderr);
  return Number(/exported=(\d+)/.exec(run.stderr)?.[1]);
}

test('--exporter file writes every span as OTLP JSON lines, and what is acknowledged is not read again', async (t) => {
  const file = tracesFile(t);
  const output = join(temporaryFolder(t), 'made', 'for', 'it');
  const run = new CommandRun(t, ['--file', file, '--exporter', 'file', '--output', output]);
  t.is(await run.stop(), 0, run.stderr);
  checkSpans(t, readFileSync(join(output, 'traces.jsonl'), 'utf8'));
  t.regex(run.stderr, new RegExp(`spans exported=${ALL} incomplete=1 dropped=0 failed=0\n$`));
  t.is(await leftIn(t, file), 0);
});

test('--exporter otlphttp sends every span; several files go together', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const files = [tracesFile(t), tracesFile(t)];
  const run = new CommandRun(t, ['--endpoint', sink.url, '--file', ...files]);
  t.is(await run.stop(), 0, run.stderr);
  checkSpans(t, received(sink));
  t.regex(run.stderr, new RegExp(`exported=${2 * ALL} `));
});

test('--exporter debug prints each span with its attributes, without colour where there is no terminal', async (t) => {
  const run = new CommandRun(t, ['--file', tracesFile(t), '--exporter', 'debug']);
  t.is(await run.stop('SIGINT'), 0, run.stderr);
  for (const { name, traceId } of ENDED)
    t.true(run.stdout.includes(`span ${name} `) && run.stdout.includes(traceId), name);
  t.regex(run.stdout, /resource\n {2}service\.name = "corpus-a"/);
  t.regex(run.stdout, /scope scope\.one 1\.2\.3\n {2}scope\.attr = "s1"/);
  t.regex(run.stdout, /k\.int\.max = 9223372036854775807/);
  t.false(run.stdout.includes('\u001b'));
});

test('--exporter file writes log records beside the spans, and the summary counts them apart', async (t) => {
  const output = temporaryFolder(t);
  const files = [fixtureFile(t, 'c_logs'), fixtureFile(t, 'a_traces')];
  const run = new CommandRun(t, ['--output', output, '--file', ...files]);
  t.is(await run.stop(), 0, run.stderr);
  const logs = [...recordedLogs('c_logs'), ...recordedLogs('a_traces')];
  const byTime = (list: WholeLog[]) => list.sort((a, b) => (a.timeUnixNano < b.timeUnixNano ? -1 : 1));
  t.deepEqual(byTime(exportedLogs(readFileSync(join(output, 'logs.jsonl'), 'utf8'))), byTime(logs));
  const summary = `spans exported=${ALL} incomplete=1 dropped=0 failed=0 logs exported=${logs.length} dropped=0 failed=0\n$`;
  t.regex(run.stderr, new RegExp(summary));
});

test('without any exporter, spans are printed and kept in a file of the user', async (t) => {
  const home = temporaryFolder(t);
  const run = new CommandRun(t, ['--file', tracesFile(t)], { XDG_STATE_HOME: home });
  t.is(await run.stop(), 0, run.stderr);
  t.regex(run.stdout, /span root /);
  checkSpans(t, readFileSync(join(home, 'otlp-mmap', 'traces.jsonl'), 'utf8'));
});

test('OTEL_EXPORTER_OTLP_ENDPOINT is where spans go when nothing else is said', async (t) => {
  const sink = await Sink.start();
  t.teardown(() => sink.close());
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: `${sink.url}/base/`, OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b' };
  const run = new CommandRun(t, ['--file', tracesFile(t)], settings);
  t.is(await run.stop(), 0, run.stderr);
  t.is(run.stdout, '');
  t.is(sink.requests[0].path, '/base/v1/traces');
  t.is(sink.requests[0].headers['api-key'], 'a b');
});

test('a destination that answers 503 and then resets gets everything in the end', async (t) => {
  const sink = await Sink.start(({ socket }, response, index) => {
    if (index === 1) return void socket.resetAndDestroy();
    response.statusCode = index === 0 ? 503 : 200;
    response.end();
  });
  t.teardown(() => sink.close());
  const file = tracesFile(t);
  const run = new CommandRun(t, ['--file', file, '--endpoint', sink.url, '--retry-interval', '1ms']);
  await sink.arrived(3);
  t.is(await run.stop(), 0, run.stderr);
  t.true(sink.requests[0].body.equals(sink.requests[2].body));
  t.regex(run.stderr, /warn .* answered 503/);
  t.is(await leftIn(t, file), 0);
});

test('what a destination refuses for good is counted as failed and not read again', async (t) => {
  const sink = await Sink.start((_request, response) => {
    response.statusCode = 400;
    response.end('bad span');
  });
  t.teardown(() => sink.close());
  const file = tracesFile(t);
  const run = new CommandRun(t, ['--file', file, '--endpoint', sink.url]);
  t.is(await run.stop(), 0, run.stderr);
  t.regex(run.stderr, /refused \d+ spans for good: it answered 400 Bad Request: bad span/);
  t.regex(run.stderr, new RegExp(`exported=0 .* failed=${ALL}\n`));
  t.is(await leftIn(t, file), 0);
});

test('a batch in flight when the signal comes is awaited', async (t) => {
  let answer: ServerResponse | undefined;
  const sink = await Sink.start((_request, response) => {
    if (answer) response.end();
    answer ??= response;
  });
  t.teardown(() => sink.close());
  const run = new CommandRun(t, ['--file', tracesFile(t), '--endpoint', sink.url]);
  await sink.arrived(1);
  const ended = run.stop();
  await run.says(/SIGTERM: delivering what is left/);
  answer?.end();
  t.is(await ended, 0, run.stderr);
  checkSpans(t, received(sink));
});

test('what cannot be delivered in time stays in the file: exit code 1, a message, and the next collector has it', async (t) => {
  const sink = await Sink.start((_request, response) => {
    response.statusCode = 503;
    response.end();
  });
  t.teardown(() => sink.close());
  const file = tracesFile(t);
  const args = ['--file', file, '--endpoint', sink.url, '--shutdown-timeout', '100ms', '--storage', 'none'];
  const run = new CommandRun(t, args);
  await sink.arrived(1);
  t.is(await run.stop(), 1);
  t.regex(run.stderr, /did not take \d+ spans within 100 ms; they stay in the files/);
  t.is(await leftIn(t, file), ALL);
});

test('a second signal ends at once', async (t) => {
  const sink = await Sink.start(() => {});
  t.teardown(() => sink.close());
  const run = new CommandRun(t, ['--file', tracesFile(t), '--endpoint', sink.url]);
  await sink.arrived(1);
  run.child.kill('SIGTERM');
  await run.says(/delivering what is left/);
  run.child.kill('SIGTERM');
  t.is(await run.ended(), 1);
  t.regex(run.stderr, /ending at once/);
});

test('a collector that is killed before a destination answered loses nothing: the next one sends the same', async (t) => {
  const silent = await Sink.start(() => {});
  const sink = await Sink.start();
  t.teardown(() => {
    silent.close();
    sink.close();
  });
  const file = tracesFile(t);
  const killed = new CommandRun(t, ['--file', file, '--endpoint', silent.url]);
  await silent.arrived(1);
  killed.child.kill('SIGKILL');
  t.is(await killed.ended(), null);
  const next = new CommandRun(t, ['--file', file, '--endpoint', sink.url]);
  t.is(await next.stop(), 0, next.stderr);
  checkSpans(t, received(sink));
});

test('--stats-file holds the counters of receiver and exporters at the end', async (t) => {
  const stats = join(temporaryFolder(t), 'stats.json');
  const output = temporaryFolder(t);
  const run = new CommandRun(t, ['-q', '--file', tracesFile(t), '--output', output, '--stats-file', stats]);
  await appears(stats);
  run.child.kill('SIGTERM');
  t.is(await run.ended(), 0, run.stderr);
  t.is(run.stderr, '');
  const { state, receiver, settled, exporters } = JSON.parse(readFileSync(stats, 'utf8'));
  t.is(state, 'stopped');
  t.is(receiver.items.traces, ALL);
  t.is(receiver.spansIncomplete, 1);
  t.deepEqual(settled, { traces: { exported: ALL, failed: 0 } });
  t.deepEqual(exporters, { file: { traces: { sent: ALL, rejected: 0, failed: 0, retries: 0 } } });
});

test('a --stats-file that cannot be written is told now and then, and nothing else suffers', async (t) => {
  const stats = join(__filename, 'stats.json');
  const output = temporaryFolder(t);
  const run = new CommandRun(t, ['--file', tracesFile(t), '--output', output, '--stats-file', stats]);
  await appears(join(output, 'traces.jsonl'));
  t.is(await run.stop(), 0, run.stderr);
  t.is(run.stderr.match(/cannot write --stats-file \(ENOTDIR/g)?.length, 1, run.stderr);
  checkSpans(t, readFileSync(join(output, 'traces.jsonl'), 'utf8'));
});

test('a file that cannot be read is told by name, and the others are exported', async (t) => {
  const folder = temporaryFolder(t);
  const missing = join(folder, 'missing.mmap');
  const output = join(folder, 'output');
  const run = new CommandRun(t, ['--output', output, '--file', missing, __filename, tracesFile(t)]);
  t.is(await run.stop(), 0, run.stderr);
  t.true(run.stderr.includes(`${missing} does not exist`), run.stderr);
  t.true(run.stderr.includes(__filename), run.stderr);
  checkSpans(t, readFileSync(join(output, 'traces.jsonl'), 'utf8'));
});

test('a folder that cannot be written is told by name, and nothing is lost', async (t) => {
  const file = tracesFile(t);
  // A file stands where the folder should be: that stops root as well.
  const args = ['--file', file, '--output', join(__filename, 'folder'), '--shutdown-timeout', '100ms'];
  const run = new CommandRun(t, args);
  t.is(await run.ended(), 78);
  t.regex(run.stderr, /exporters\.file: cannot write to .*run\.spec\.ts.*traces\.jsonl/);
  t.is(await leftIn(t, file), ALL);
});
