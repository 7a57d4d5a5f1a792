// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { configFiles } from './config/documents';
import { temporaryFolder } from './fixtures';
import { movedClock } from './moved-clock';
import { type ReceivedRequest, Sink } from './sink';
import { Totals } from './totals';

// Somebody sets the machine's clock while apps and collector run.

const [HOUR, DAY] = [3600, 86_400];
/** Where it goes, in seconds from the right time: each time by more than what waits in a journal may be old. */
const JUMPS = [3 * HOUR, -2 * DAY, 400 * DAY, -400 * DAY, 0];

const configuration = (directory: string, url: string, storage: string) => `
receivers: { mmap: { include: [${directory}], collection_interval: 20ms } }
processors:
  batch: { timeout: 20ms }
  temporality: { preference: delta }
  memory_limiter: { check_interval: 50ms, limit_mib: 2000 }
exporters:
  otlphttp: { endpoint: "${url}", compression: none, retry_on_failure: { initial_interval: 10ms, max_elapsed_time: 1h } }
service:
  storage: ${storage}
  telemetry:
    metrics:
      readers: [{ periodic: { interval: 20, exporter: { otlp: { endpoint: "${url}/own" } } } }]
  pipelines:
    traces: { receivers: [mmap], processors: [memory_limiter, batch], exporters: [otlphttp] }
    logs: { receivers: [mmap], processors: [memory_limiter, batch], exporters: [otlphttp] }
    metrics: { receivers: [mmap], processors: [memory_limiter, temporality, batch], exporters: [otlphttp] }
`;

/** What a destination has, which is down for a while now and then. */
async function destination(t: ExecutionContext) {
  const counts = new Map<string, number>();
  const totals = new Totals();
  /** Of the collector's own metrics: which points ended before they began, of how many, and what its clock showed at most (ns). */
  const own = { backwards: [] as string[], points: 0, latest: 0n };
  let isDown = false;
  const take = ({ path, headers, body: sent }: ReceivedRequest) => {
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    if (path === '/v1/metrics') return totals.take(body);
    const signal = path === '/own' ? 'metrics' : (path.slice('/v1/'.length) as 'traces' | 'logs');
    const text = loadBinding().requestToJson(signal, body);
    if (path === '/own') {
      for (const [, start, time] of text.matchAll(/"startTimeUnixNano":"(\d+)","timeUnixNano":"(\d+)"/g)) {
        own.points++;
        if (BigInt(time) > own.latest) own.latest = BigInt(time);
        if (BigInt(time) < BigInt(start)) own.backwards.push(`from ${start} to ${time}`);
      }
      return;
    }
    for (const [, name] of text.matchAll(/"((?:span|log) \d+)"/g)) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  const sink = await Sink.start((request, response) => {
    if (isDown && request.path !== '/own') {
      response.statusCode = 503;
      // "In a moment" by a clock that is right.
      response.setHeader('retry-after', new Date(Date.now() + 1000).toUTCString());
    } else take(request);
    response.end();
  });
  t.teardown(() => sink.close());
  const setDown = (down: boolean) => {
    isDown = down;
  };
  return { sink, counts, totals, own, setDown };
}

for (const journal of [false, true]) {
  test(`a clock that jumps back and forth loses and doubles nothing, ${journal ? 'with' : 'without'} a journal`, async (t) => {
    const clock = movedClock(t);
    if (clock === undefined) return;
    const { sink, counts, totals, own, setDown } = await destination(t);
    const directory = join(temporaryFolder(t), 'apps');
    const storage = journal ? `{ directory: "${temporaryFolder(t)}", max_age: 1h }` : 'none';
    const files = configFiles(t, configuration(directory, sink.url, storage));
    const run = new CommandRun(t, ['--config', ...files], clock.settings);
    const app = new AppRun(t, directory, 'shop', 'all-signals.cjs', clock.settings);
    let made = 0;
    const work = async (count: number) => {
      await app.tell(`work ${count}`);
      made += count;
    };
    await work(20);
    for (const [index, jump] of JUMPS.entries()) {
      setDown(index % 2 === 0);
      await work(20);
      clock.move(jump);
      await work(20);
      // It goes on by the other clock: requests keep coming.
      await sink.arrived(sink.requests.length + 3);
      setDown(false);
    }
    await app.tell('end');
    t.is(await run.stop(), 0, run.stderr);
    const names = Array.from({ length: made }, (_, index) => [`span ${index}`, `log ${index}`]).flat();
    t.deepEqual(
      names.filter((name) => counts.get(name) !== 1).map((name) => [name, counts.get(name)]),
      [],
    );
    const added = Array.from({ length: made }, (_, index) => 1 + (index % 3)).reduce((sum, each) => sum + each, 0);
    t.is(totals.sumOf('work'), added);
    t.true(own.points > 0);
    t.deepEqual(own.backwards, []);
    t.true(Number(own.latest / 1_000_000n) > Date.now() + HOUR * 1000, 'its clock did jump');
    t.notRegex(run.stderr, / (warn|error) .*(given up|max_age|dropped)/);
  });
}
