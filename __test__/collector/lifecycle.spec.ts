// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { CommandRun, runCommand } from './command';
import { exportedSpans, temporaryFolder } from './fixtures';
import { Sink } from './sink';

/** Spans that the sink has, as often as they came. */
function spansOf(sink: Sink): string[] {
  return sink.requests.flatMap(({ body }) => [...exportedSpans(loadBinding().requestToJson('traces', body)).keys()]);
}

async function spansArrive(sink: Sink, count: number): Promise<void> {
  for (let requests = 1; spansOf(sink).length < count; requests++) await sink.arrived(requests);
}

interface Config {
  directory: string;
  /** Names of exporters and their addresses. */
  exporters: Record<string, string>;
  extra?: string;
  extensions?: string;
}

const text = ({ directory, exporters, extra = '', extensions = '' }: Config) => `
receivers: { mmap: { include: [${directory}] } }
processors: { batch: { timeout: 20ms } }
exporters:
${Object.entries(exporters)
  .map(
    ([name, url]) =>
      `  ${name}: { endpoint: "${url}", compression: none, retry_on_failure: { initial_interval: 1h, max_interval: 1h, max_elapsed_time: 0s } }`,
  )
  .join('\n')}
${extra}
service:
  ${extensions}
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [mmap], processors: [batch], exporters: [${Object.keys(exporters).join(', ')}] } }
`;

function configured(t: ExecutionContext, config: Omit<Config, 'directory'>) {
  const folder = temporaryFolder(t);
  const directory = join(folder, 'apps');
  const path = join(folder, 'config.yaml');
  const write = (next: Omit<Config, 'directory'>) => writeFileSync(path, text({ directory, ...next }));
  write(config);
  return { directory, path, write };
}

async function sinkOf(t: ExecutionContext, ...answer: Parameters<typeof Sink.start>): Promise<Sink> {
  const sink = await Sink.start(...answer);
  t.teardown(() => sink.close());
  return sink;
}

test('SIGHUP: a new destination takes over under load, and every span arrives once', async (t) => {
  const [first, second] = [await sinkOf(t), await sinkOf(t)];
  const { directory, path, write } = configured(t, { exporters: { otlphttp: first.url } });
  const collector = new CommandRun(t, ['--config', path]);
  const app = new AppRun(t, directory, 'shop');
  let made = 0;
  for (let round = 0; round < 6; round++) {
    await app.tell('spans 300');
    made += 300;
    if (round < 2) await spansArrive(round === 0 ? first : second, 1);
    write({ exporters: { otlphttp: round % 2 === 0 ? second.url : first.url } });
    collector.child.kill('SIGHUP');
    await collector.says(new RegExp(`(new configuration is in force[\\s\\S]*){${round + 1}}`));
  }
  await app.kill('SIGKILL');
  t.is(await collector.stop(), 0, collector.stderr);
  const spans = [...spansOf(first), ...spansOf(second)];
  t.is(new Set(spans).size, made);
  t.is(spans.length, made, 'none was sent twice');
  t.true(spansOf(first).length > 0 && spansOf(second).length > 0);
});

test('SIGHUP: what a dead destination had not taken goes to the one that has its name now', async (t) => {
  const dead = await sinkOf(t, (_request, response) => {
    response.statusCode = 503;
    response.end();
  });
  const living = await sinkOf(t);
  const { directory, path, write } = configured(t, { exporters: { otlphttp: dead.url } });
  const collector = new CommandRun(t, ['--config', path]);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 10');
  await dead.arrived(1);
  write({ exporters: { otlphttp: living.url } });
  collector.child.kill('SIGHUP');
  await spansArrive(living, 10);
  await app.kill('SIGKILL');
  t.is(await collector.stop(), 0, collector.stderr);
  t.is(spansOf(living).length, 10);
});

test('SIGHUP: a destination that is gone from the configuration is given up, and the others have everything once', async (t) => {
  const dead = await sinkOf(t, (_request, response) => {
    response.statusCode = 503;
    response.end();
  });
  const living = await sinkOf(t);
  const exporters = { 'otlphttp/dead': dead.url, 'otlphttp/living': living.url };
  const { directory, path, write } = configured(t, { exporters });
  const collector = new CommandRun(t, ['--config', path]);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 10');
  await Promise.all([dead.arrived(1), spansArrive(living, 10)]);
  write({ exporters: { 'otlphttp/living': living.url } });
  collector.child.kill('SIGHUP');
  await collector.says(/no longer in the configuration: 10 spans/);
  await app.kill('SIGKILL');
  t.is(await collector.stop(), 0, collector.stderr);
  t.is(spansOf(living).length, 10);
});

test('SIGHUP: a wrong configuration is told, and the one before stays in force', async (t) => {
  const sink = await sinkOf(t);
  const { directory, path, write } = configured(t, { exporters: { otlphttp: sink.url } });
  const collector = new CommandRun(t, ['--config', path]);
  await collector.says(/ reads /);
  writeFileSync(path, readFileSync(path, 'utf8').replace('batch:', 'bach:'));
  collector.child.kill('SIGHUP');
  await collector.says(
    /config\.yaml:3: processors\.bach: is of no known type[\s\S]*the configuration before stays in force/,
  );
  write({ exporters: { otlphttp: sink.url }, extra: 'extensions: { health_check: { endpoint: "127.0.0.1:99999" } }' });
  collector.child.kill('SIGHUP');
  await collector.says(/127\.0\.0\.1:99999' is no address to listen on/);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 10');
  await spansArrive(sink, 10);
  await app.kill('SIGKILL');
  t.is(await collector.stop(), 0, collector.stderr);
});

test('SIGHUP: another folder is read, and what was read goes on', async (t) => {
  const sink = await sinkOf(t);
  const { directory, path } = configured(t, { exporters: { otlphttp: sink.url } });
  const collector = new CommandRun(t, ['--config', path]);
  const before = new AppRun(t, directory, 'before');
  await before.tell('spans 5');
  await spansArrive(sink, 5);
  writeFileSync(path, readFileSync(path, 'utf8').replace('/apps]', '/other]'));
  collector.child.kill('SIGHUP');
  await collector.says(/new configuration is in force/);
  const after = new AppRun(t, join(directory, '..', 'other'), 'after');
  await after.tell('spans 7');
  await before.tell('spans 11');
  await spansArrive(sink, 23);
  await before.kill('SIGKILL');
  await after.kill('SIGKILL');
  t.is(await collector.stop(), 0, collector.stderr);
  t.is(spansOf(sink).length, 23);
});

test('SIGUSR1 sends what waits, at once', async (t) => {
  const sink = await sinkOf(t);
  const { directory, path } = configured(t, { exporters: { otlphttp: sink.url } });
  const collector = new CommandRun(t, ['--config', path, '--set', 'processors.batch.timeout=1h']);
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 10');
  await collector.says(/reading /);
  t.is(sink.requests.length, 0);
  // What was not read yet when the signal came is not sent by it.
  const poke = setInterval(() => collector.child.kill('SIGUSR1'), 50);
  await spansArrive(sink, 10);
  clearInterval(poke);
  await app.kill('SIGKILL');
  t.is(await collector.stop(), 0, collector.stderr);
});

/** Status and body of an answer; undefined while nobody listens. */
function ask(url: string): Promise<{ status: number; body: string } | undefined> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, body });
    });
    request.on('error', () => resolve(undefined));
  });
}

const health = (port = 0) => ({
  extra: `extensions: { health_check: { endpoint: "127.0.0.1:${port}" } }`,
  extensions: 'extensions: [health_check]',
});

test('the health endpoint says 200 while all is well and 503 while the collector stops', async (t) => {
  const sink = await sinkOf(t, () => {});
  const { directory, path } = configured(t, { exporters: { otlphttp: sink.url }, ...health() });
  const collector = new CommandRun(t, ['--config', path, '--shutdown-timeout', '1h']);
  await collector.says(/ reads /);
  const url = await collector.urlOf('health_check');
  t.like(await ask(url), { status: 200 });
  t.regex((await ask(url))?.body ?? '', /"status":"Server available"/);
  t.like(await ask(`${url}other`), { status: 404 });
  const app = new AppRun(t, directory, 'shop');
  await app.tell('spans 10');
  await sink.arrived(1);
  collector.child.kill('SIGTERM');
  await collector.says(/delivering what is left/);
  t.like(await ask(url), { status: 503 });
  collector.child.kill('SIGTERM');
  t.is(await collector.ended(), 1);
});

test('a port in use ends with exit code 78 and a remedy; after SIGHUP it changes nothing', async (t) => {
  const sink = await sinkOf(t);
  const taken = Number(new URL(sink.url).port);
  const { path, write } = configured(t, { exporters: { otlphttp: sink.url }, ...health(taken) });
  const { code, stderr } = await runCommand(t, ['--config', path]);
  t.is(code, 78);
  t.is(
    stderr,
    `otlp-mmap-collector: extensions.health_check: cannot listen on 127.0.0.1:${taken}: EADDRINUSE: the port is in use, maybe by another collector; choose another one\n`,
  );
  write({ exporters: { otlphttp: sink.url }, ...health() });
  const collector = new CommandRun(t, ['--config', path]);
  await collector.says(/ reads /);
  write({ exporters: { otlphttp: sink.url }, ...health(taken) });
  collector.child.kill('SIGHUP');
  await collector.says(/cannot listen on[\s\S]*the configuration before stays in force/);
  t.like(await ask(await collector.urlOf('health_check')), { status: 200 });
  t.is(await collector.stop(), 0, collector.stderr);
});
