// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadBinding } from '../../ts/native/loader';
import { AppRun } from './app-run';
import { CommandRun } from './command';
import { temporaryFolder } from './fixtures';
import { type ReceivedRequest, Sink } from './sink';

// What apps say of where to send, of many apps, all signals, and while whether it is followed changes.

type Signal = 'traces' | 'logs' | 'metrics';

interface Wanted {
  /** An address for everything, in place of what apps say. */
  endpoint?: string;
  signals?: Signal[];
  storage?: 'none' | { directory: string };
}

function documentOf(
  directory: string,
  { endpoint, signals = ['traces', 'logs', 'metrics'], storage = 'none' }: Wanted,
): string {
  const pipeline = { receivers: ['mmap'], processors: ['batch'], exporters: ['otlphttp'] };
  return JSON.stringify({
    receivers: { mmap: { include: [directory], trust_producer: endpoint === undefined } },
    processors: { batch: { timeout: '20ms' } },
    exporters: { otlphttp: { compression: 'none', endpoint } },
    service: {
      storage,
      telemetry: { metrics: { level: 'none' } },
      pipelines: Object.fromEntries(signals.map((signal) => [signal, pipeline])),
    },
  });
}

/** What the app of this name sent: spans, log records, and the total of its counter. */
type Received = Record<Signal, number>;

/** Everything that came, by path without the signal's, and by the app that it is of. */
class Places {
  readonly #received = new Map<string, Map<string, Received>>();

  take = ({ path, body }: ReceivedRequest): void => {
    const [, place, signal] = /^(.*)\/v1\/(\w+)$/.exec(path) as unknown as [string, string, Signal];
    const request = JSON.parse(loadBinding().requestToJson(signal, body));
    for (const group of request.resourceSpans ?? request.resourceLogs ?? request.resourceMetrics) {
      const name = group.resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value;
      const counts = this.of(place, name.stringValue);
      for (const scope of group.scopeSpans ?? group.scopeLogs ?? group.scopeMetrics) {
        if (signal !== 'metrics') counts[signal] += (scope.spans ?? scope.logRecords).length;
        else counts.metrics = scope.metrics[0].sum.dataPoints[0].asDouble;
      }
    }
  };

  of(place: string, app: string): Received {
    const apps = this.#received.get(place) ?? new Map<string, Received>();
    this.#received.set(place, apps);
    const counts = apps.get(app) ?? { traces: 0, logs: 0, metrics: 0 };
    apps.set(app, counts);
    return counts;
  }

  /** The apps whose telemetry came to a place. */
  appsAt(place: string): string[] {
    return [...(this.#received.get(place)?.keys() ?? [])].sort();
  }

  get places(): string[] {
    return [...this.#received.keys()].sort();
  }
}

async function listening(t: ExecutionContext, port?: number) {
  const places = new Places();
  const sink = await Sink.start((request, response) => {
    places.take(request);
    response.end();
  }, port);
  t.teardown(() => sink.close());
  return { places, url: sink.url };
}

function running(t: ExecutionContext, wanted: Wanted) {
  const [directory, path] = [join(temporaryFolder(t), 'apps'), join(temporaryFolder(t), 'config.yaml')];
  const write = (now: Wanted) => writeFileSync(path, documentOf(directory, now));
  write(wanted);
  return { directory, write, run: new CommandRun(t, ['--config', path]) };
}

test('log records and metrics go where their apps want them, as spans do', async (t) => {
  const { places, url } = await listening(t);
  const { directory, run } = running(t, {});
  const apps = new AppRun(t, directory, '', 'addressed.cjs');
  for (const name of ['shop', 'bank']) await apps.tell(`app ${name} ${url}/${name}`);
  await apps.tell('work 40');
  await apps.tell('flush');
  t.is(await run.stop(), 0, run.stderr);
  t.deepEqual(places.places, ['/bank', '/shop']);
  for (const name of ['shop', 'bank']) {
    t.deepEqual(places.appsAt(`/${name}`), [name]);
    t.deepEqual(places.of(`/${name}`, name), { traces: 40, logs: 40, metrics: 40 });
  }
});

test('a signal whose app names an address for it alone goes there', async (t) => {
  const { places, url } = await listening(t);
  const { directory, run } = running(t, {});
  const settings = { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${url}/own/v1/logs` };
  const apps = new AppRun(t, directory, '', 'addressed.cjs', settings);
  await apps.tell(`app shop ${url}/shop`);
  await apps.tell('work 7');
  await apps.tell('flush');
  t.is(await run.stop(), 0, run.stderr);
  t.deepEqual(places.of('/shop', 'shop'), { traces: 7, logs: 0, metrics: 7 });
  t.deepEqual(places.of('/own', 'shop'), { traces: 0, logs: 7, metrics: 0 });
});

test('of 34 apps with an address each, 32 are followed; the others go to the default one, told once, and nothing is lost', async (t) => {
  const { places, url } = await listening(t);
  // where an exporter that is told nothing sends
  const usual = await listening(t, 4318);
  const { directory, run } = running(t, { signals: ['traces'] });
  const apps = new AppRun(t, directory, '', 'addressed.cjs', { OTLP_MMAP_GEOMETRY: 'spans=1024x256,spill=65536' });
  const names = Array.from({ length: 34 }, (_, index) => `app-${index}`);
  for (const name of names) await apps.tell(`app ${name} ${url}/${name}`);
  for (let round = 0; round < 3; round++) {
    await apps.tell('work 5');
    await apps.tell('flush');
  }
  t.is(await run.stop(), 0, run.stderr);
  t.is(places.places.length, 32);
  const others = usual.places.appsAt('');
  t.is(others.length, 2);
  for (const name of names) {
    const counts = others.includes(name) ? usual.places.of('', name) : places.of(`/${name}`, name);
    t.is(counts.traces, 15, name);
  }
  t.is(run.stderr.match(/apps name more than 32 addresses, others go to the default one/g)?.length, 1, run.stderr);
});

for (const journal of [false, true]) {
  test(`trust that SIGHUP takes and gives while apps work changes where telemetry goes, and loses and doubles nothing, ${journal ? 'with' : 'without'} a journal`, async (t) => {
    const { places, url } = await listening(t);
    const storage = journal ? { directory: temporaryFolder(t) } : 'none';
    const [followed, fixed]: Wanted[] = [{ storage }, { storage, endpoint: `${url}/fixed` }];
    const { directory, write, run } = running(t, fixed);
    const apps = new AppRun(t, directory, '', 'addressed.cjs');
    const names = ['shop', 'bank'];
    for (const name of names) await apps.tell(`app ${name} ${url}/${name}`);
    const reload = async (wanted: Wanted) => {
      write(wanted);
      await run.reload();
    };
    const tracesAt = (place: string) => places.of(place, 'shop').traces;
    const shares = () => [tracesAt('/fixed'), tracesAt('/shop')];
    await apps.tell('work 10');
    await apps.tell('flush');
    t.deepEqual(shares(), [10, 0]);
    await reload(followed);
    await apps.tell('work 10');
    await apps.tell('flush');
    t.deepEqual(shares(), [10, 10]);
    await reload(fixed);
    await apps.tell('work 10');
    await apps.tell('flush');
    t.deepEqual(shares(), [20, 10]);

    let made = 30;
    let working = true;
    const work = async () => {
      for (; working; made += 20) await apps.tell('work 20');
    };
    const worked = work();
    for (let round = 0; round < 10; round++) await reload(round % 2 === 0 ? followed : fixed);
    working = false;
    await worked;
    await apps.tell('flush');
    t.is(await run.stop(), 0, run.stderr);
    t.deepEqual(places.places, ['/bank', '/fixed', '/shop']);
    for (const name of names) {
      const [own, others] = [places.of(`/${name}`, name), places.of('/fixed', name)];
      t.is(own.traces + others.traces, made);
      t.is(own.logs + others.logs, made);
      t.is(Math.max(own.metrics, others.metrics), made);
    }
  });
}
