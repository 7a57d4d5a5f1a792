// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { Sink } from './sink';

interface Span {
  spanId: string;
  name: string;
  attributes: { key: string }[];
}

/** Every span that the sink took, in the order in which they came, those that came twice included. */
function spansOf(sink: Sink): Span[] {
  return sink.requests
    .filter(({ path }) => path === '/v1/traces')
    .map(({ body }) => JSON.parse(loadBinding().requestToJson('traces', body)))
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans);
}

const distinct = (spans: readonly Span[]) => new Map(spans.map((span) => [span.spanId, JSON.stringify(span)]));

/** Resolves when the sink has so many different spans. */
async function arrive(sink: Sink, count: number): Promise<Span[]> {
  for (let requests = sink.requests.length; ; requests++) {
    const spans = spansOf(sink);
    if (distinct(spans).size >= count) return spans;
    await sink.arrived(requests + 1);
  }
}

async function sinkFor(t: ExecutionContext, answer?: Parameters<typeof Sink.start>[0]): Promise<Sink> {
  const sink = await Sink.start(answer);
  t.teardown(() => sink.close());
  return sink;
}

const isIncomplete = ({ attributes }: Span) => attributes.some(({ key }) => key === 'otlp_mmap.incomplete');

test('a span that is open while its collector is killed ends as any other', async (t) => {
  const directory = temporaryFolder(t);
  const state = temporaryFolder(t);
  const sink = await sinkFor(t);
  const app = new AppRun(t, directory, 'shop');
  const args = ['--dir', directory, '--endpoint', sink.url, '--storage', state];
  await app.tell('open 5');
  await app.tell('spans 3');
  const killed = new CommandRun(t, args);
  await arrive(sink, 3);
  killed.child.kill('SIGKILL');
  await killed.ended();
  const stopped = new CommandRun(t, args);
  t.is(await stopped.stop(), 0);
  t.is(distinct(spansOf(sink)).size, 3, 'an orderly stop keeps them, too');
  await app.kill('SIGKILL');
  const next = new CommandRun(t, args);
  const spans = await arrive(sink, 8);
  t.is(spans.filter(isIncomplete).length, 5);
  t.is(await next.stop(), 0);
});

test('app and collector killed at the same moment: the next collector delivers what both left', async (t) => {
  const directory = temporaryFolder(t);
  const state = temporaryFolder(t);
  const silent = await sinkFor(t, () => {});
  const sink = await sinkFor(t);
  const app = new AppRun(t, directory, 'shop');
  const collector = new CommandRun(t, ['--dir', directory, '--endpoint', silent.url, '--storage', state]);
  await app.tell('open 4');
  await app.tell('spans 500');
  await silent.arrived(1);
  await app.tell('spans 300');
  await Promise.all([app.kill('SIGKILL'), collector.child.kill('SIGKILL')]);
  await collector.ended();
  const next = new CommandRun(t, ['-v', '--dir', directory, '--endpoint', sink.url, '--storage', state]);
  const spans = await arrive(sink, 804);
  t.is(distinct(spans).size, 804);
  t.is(spans.filter(isIncomplete).length, 4);
  await next.says(/removed /);
  t.deepEqual(readdirSync(directory), []);
  t.is(await next.stop(), 0);
});

test('while a destination is down the rings are read on, and it has everything once when it is back', async (t) => {
  const directory = temporaryFolder(t);
  const state = temporaryFolder(t);
  let down = true;
  const sink = await sinkFor(t, (_request, response) => {
    response.statusCode = down ? 503 : 200;
    response.end();
    if (down) sink.requests.pop();
  });
  const other = await sinkFor(t);
  const config = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      receivers: { mmap: { include: [directory] } },
      exporters: {
        'otlphttp/down': {
          endpoint: sink.url,
          compression: 'none',
          retry_on_failure: { initial_interval: '20ms', max_interval: '50ms', max_elapsed_time: '100ms' },
          sending_queue: { queue_size: 2 },
        },
        'otlphttp/up': { endpoint: other.url, compression: 'none' },
      },
      service: {
        storage: { directory: state },
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['mmap'], exporters: ['otlphttp/down', 'otlphttp/up'] } },
      },
    }),
  );
  const collector = new CommandRun(t, ['--config', config]);
  const app = new AppRun(t, directory, 'shop');
  let made = 0;
  for (let round = 0; round < 12; round++) {
    await app.tell('spans 500');
    made += 500;
    // a destination that is up is not held up by the other
    await arrive(other, made);
  }
  t.is(spansOf(sink).length, 0);
  down = false;
  await app.tell('spans 100');
  const spans = await arrive(sink, made + 100);
  t.is(spans.length, made + 100, 'nothing comes twice');
  await app.kill('SIGTERM');
  t.is(await collector.stop(), 0, collector.stderr);
});

test('a second collector waits for the state directory, or ends when it is told to', async (t) => {
  const directory = temporaryFolder(t);
  const state = temporaryFolder(t);
  const sink = await sinkFor(t);
  const args = ['--dir', directory, '--endpoint', sink.url, '--storage', state];
  const first = new CommandRun(t, args);
  await first.says(/ reads /);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 3');
  await arrive(sink, 3);
  const impatient = new CommandRun(t, [...args, '--set', 'service.storage.if_locked=end']);
  t.is(await impatient.ended(), 1);
  t.regex(impatient.stderr, new RegExp(`another collector \\(process ${first.child.pid}\\) uses this state directory`));
  const second = new CommandRun(t, args);
  await second.says(/waiting until it is free/);
  first.child.kill('SIGKILL');
  await first.ended();
  await app.tell('spans 4');
  await arrive(sink, 7);
  t.is(await second.stop(), 0);
});

test('a state directory that cannot be used: an end with its name, or a warning where nobody chose it', async (t) => {
  const directory = temporaryFolder(t);
  const sink = await sinkFor(t);
  const args = ['--dir', directory, '--endpoint', sink.url];
  // A file stands where the folder should be: that stops root as well.
  const chosen = new CommandRun(t, [...args, '--storage', join(__filename, 'state')]);
  t.is(await chosen.ended(), 1);
  t.regex(chosen.stderr, /journal\.spec\.ts\/state/);
  const lenient = new CommandRun(t, args, { XDG_STATE_HOME: join(__filename, 'state') });
  await lenient.says(/reading without a journal/);
  await new AppRun(t, directory, 'shop').tell('spans 3');
  await arrive(sink, 3);
  t.is(await lenient.stop(), 0);
});

test('--storage none keeps no journal', async (t) => {
  const home = temporaryFolder(t);
  const sink = await sinkFor(t);
  const args = ['--dir', temporaryFolder(t), '--endpoint', sink.url, '--storage', 'none'];
  const run = new CommandRun(t, args, { XDG_STATE_HOME: home });
  t.is(await run.stop(), 0);
  t.deepEqual(readdirSync(home), []);
});

test('a journal that is damaged is told of, and the collector goes on', async (t) => {
  const directory = temporaryFolder(t);
  const state = temporaryFolder(t);
  const sink = await sinkFor(t);
  const args = ['--dir', directory, '--endpoint', sink.url, '--storage', state];
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 3');
  const first = new CommandRun(t, args);
  await arrive(sink, 3);
  t.is(await first.stop(), 0);
  const [segment] = readdirSync(join(state, 'mmap')).filter((name) => name.endsWith('.seg'));
  writeFileSync(join(state, 'mmap', segment), 'dear diary');
  const second = new CommandRun(t, args);
  await second.says(/set aside: .*journal-.*\.seg/);
  await app.tell('spans 2');
  await arrive(sink, 5);
  t.is(await second.stop(), 0);
  t.true(existsSync(join(state, 'mmap', 'set-aside', segment)));
});

test('what comes out of the journal goes through processors, which count it: what they hand on is what is sent', async (t) => {
  const directory = temporaryFolder(t);
  const path = join(temporaryFolder(t), 'config.yaml');
  const state = temporaryFolder(t);
  const write = (url: string, timeout = '10ms') =>
    writeFileSync(
      path,
      JSON.stringify({
        receivers: { mmap: { include: [directory] } },
        processors: { batch: { timeout } },
        exporters: { otlphttp: { endpoint: url, compression: 'none' } },
        service: {
          storage: { directory: state },
          telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: 0 } } } }] } },
          pipelines: { traces: { receivers: ['mmap'], processors: ['batch'], exporters: ['otlphttp'] } },
        },
      }),
    );
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 100');
  const silent = await sinkFor(t, () => {});
  write(silent.url);
  const killed = new CommandRun(t, ['--config', path]);
  await silent.arrived(1);
  killed.child.kill('SIGKILL');
  await killed.ended();

  const sink = await sinkFor(t);
  write(sink.url);
  const run = new CommandRun(t, ['--config', path]);
  const url = await run.urlOf('service.telemetry');
  const values = async () => {
    const text = await (await fetch(url, { headers: { connection: 'close' } })).text();
    return ['processor_incoming_items', 'processor_outgoing_items', 'exporter_sent_spans'].map((name) =>
      Number(new RegExp(`^otelcol_${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]),
    );
  };
  await arrive(sink, 100);
  while ((await values())[2] < 100);
  t.deepEqual(await values(), [100, 100, 100]);
  // The processors of replays are made anew.
  write(sink.url, '20ms');
  await run.reload();
  await app.tell('spans 10');
  await app.tell('flush');
  t.deepEqual(await values(), [110, 110, 110]);
  t.is(await run.stop(), 0, run.stderr);
});
