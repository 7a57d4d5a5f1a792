// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { nodeOf } from '../../ts/collector/config/node';
import { Problems } from '../../ts/collector/config/problems';
import { prometheusExporter } from '../../ts/collector/exporters/prometheus/factory';
import { Logger } from '../../ts/collector/logger';
import type { Exporter } from '../../ts/collector/pipeline/component';
import { Intake } from '../../ts/collector/pipeline/intake';
import { loadBinding } from '../../ts/native/loader';
import { metering } from '../support/metering';

/** Calls `use` with a function that scrapes an exporter for this folder. */
async function scraping(
  directory: string,
  use: (scrape: (headers?: http.OutgoingHttpHeaders, path?: string) => Promise<Answer>, port: number) => Promise<void>,
  settings: object = {},
): Promise<void> {
  const problems = new Problems();
  const document = { endpoint: `localhost:0`, include: [directory], ...settings };
  const config = prometheusExporter.config.read(nodeOf(document, { name: 'test' }), 'exporters.prometheus', problems);
  problems.throwIfAny();
  const exporter: Exporter = prometheusExporter.create(config, {
    id: 'prometheus',
    binding: loadBinding(),
    logger: new Logger('debug', () => {}),
    intake: new Intake(() => {}),
  });
  await exporter.start?.();
  const port = Number(/:(\d+)\/metrics$/.exec(exporter.target)?.[1]);
  try {
    await use((headers = {}, path = '/metrics') => get(port, path, headers), port);
  } finally {
    await exporter.close();
  }
}

interface Answer {
  status: number | undefined;
  type: string | undefined;
  body: Buffer;
}

function get(port: number, path: string, headers: http.OutgoingHttpHeaders): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: 'localhost', port, path, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, type: response.headers['content-type'], body: Buffer.concat(chunks) });
    });
    request.once('error', reject);
  });
}

test('a scrape shows what the files hold at that moment', (t) =>
  metering({}, async ({ directory, provider }) => {
    const counter = provider.getMeter('m').createCounter('requests', { description: 'How many.' });
    await scraping(directory, async (scrape) => {
      counter.add(2, { route: '/a' });
      const first = await scrape();
      t.is(first.status, 200);
      t.true(first.type?.startsWith('text/plain; version=0.0.4'));
      t.regex(first.body.toString(), /# TYPE requests_total counter\n/);
      t.regex(first.body.toString(), /requests_total\{[^}]*route="\/a"[^}]*\} 2/);
      counter.add(3, { route: '/a' });
      t.regex((await scrape()).body.toString(), /requests_total\{[^}]*route="\/a"[^}]*\} 5/);
    });
  }));

test('of many scrapes at once the last ones are told to come again, and are answered when others are over', (t) =>
  metering({ cardinalityLimit: 100_000 }, async ({ directory, provider }) => {
    const counter = provider.getMeter('m').createCounter('requests');
    for (let i = 0; i < 50_000; i++) counter.add(1, { route: `/items/${i}` });
    await scraping(directory, async (scrape, port) => {
      const stuck = await Promise.all(
        Array.from({ length: 16 }, async () => {
          const socket = net.connect(port, 'localhost');
          socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
          await once(socket, 'readable');
          return socket;
        }),
      );
      t.teardown(() => stuck.forEach((socket) => void socket.destroy()));
      const refused = await scrape();
      t.is(refused.status, 503);
      t.regex(refused.body.toString(), /16 scrapes are under way/);
      for (const socket of stuck) socket.destroy();
      let answer = refused;
      while (answer.status === 503) answer = await scrape();
      t.is(answer.status, 200);
      t.regex(answer.body.toString(), /requests_total/);
    });
  }));

test('a client that stops reading in the middle of a scrape holds up nobody else', (t) =>
  metering({ cardinalityLimit: 100_000 }, async ({ directory, provider }) => {
    const counter = provider.getMeter('m').createCounter('requests');
    for (let i = 0; i < 50_000; i++) counter.add(1, { route: `/items/${i}` });
    await scraping(directory, async (scrape, port) => {
      const stuck = net.connect(port, 'localhost');
      t.teardown(() => stuck.destroy());
      stuck.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
      // the answer begins, and is too long for the buffers between
      await once(stuck, 'readable');
      const lines = (await scrape()).body.toString().split('\n');
      t.is(lines.filter((line) => line.startsWith('requests_total{')).length, 50_000);
    });
  }));

test('a client that takes a scrape drop by drop is cut after its time, and the next one is answered', (t) =>
  metering({ cardinalityLimit: 100_000 }, async ({ directory, provider }) => {
    const counter = provider.getMeter('m').createCounter('requests');
    for (let i = 0; i < 50_000; i++) counter.add(1, { route: `/items/${i}` });
    const settings = { max_concurrent_scrapes: 1, timeout: '300ms' };
    await scraping(
      directory,
      async (scrape, port) => {
        const slow = net.connect(port, 'localhost');
        t.teardown(() => slow.destroy());
        slow.on('error', () => {});
        slow.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
        await once(slow, 'readable');
        const drops = setInterval(() => slow.read(1), 20);
        const refused = await scrape();
        t.is(refused.status, 503);
        t.regex(refused.body.toString(), /^1 scrapes are under way/);
        let answer = refused;
        // What is read of it is a small part of all.
        while (answer.status === 503) answer = await scrape();
        clearInterval(drops);
        t.is(answer.status, 200);
      },
      settings,
    );
  }));

test('a request that names no path that could be is answered, and does no harm', (t) =>
  metering({}, async ({ directory }) =>
    scraping(directory, async (scrape) => {
      for (const path of ['//', '//:', '/\\', '/%', '/metrics/', '*']) t.is((await scrape({}, path)).status, 404, path);
      t.is((await scrape({}, '/metrics?name=x')).status, 200);
    }),
  ));

/** Accept, whether OpenMetrics is the answer. */
const WISHES: readonly [string, boolean][] = [
  ['application/openmetrics-text;q=0.3,text/plain;q=0.9', false],
  ['text/plain;q=0.3, application/openmetrics-text; q=0.9', true],
  ['text/plain,application/openmetrics-text', false],
  ['application/openmetrics-text,text/plain', true],
  ['application/openmetrics-text;q=0', false],
  ['application/openmetrics-text;q=0,*/*', false],
  ['application/openmetrics-text;version=2.0.0,text/plain;q=0.1', false],
  ['Application/OpenMetrics-Text; Version="1.0.0"', true],
  ['*/*', false],
  ['text/html,*/*;q=0.1', false],
  ['application/json', false],
  [',;q,,=;;q=x', false],
  // Prometheus 2.x and 3.x
  [
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    true,
  ],
  [
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    true,
  ],
  // Prometheus with scrape_protocols: [PrometheusText0.0.4, OpenMetricsText1.0.0]
  ['text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,*/*;q=0.2', false],
];

test('of both formats the one is sent that the client would rather have, by weight, then by order', (t) =>
  metering({}, async ({ directory, provider }) => {
    provider.getMeter('m').createCounter('requests').add(1);
    await scraping(directory, async (scrape) => {
      for (const [accept, isOpen] of WISHES) {
        const { type, body } = await scrape({ accept });
        t.is(type?.startsWith('application/openmetrics-text'), isOpen, accept);
        t.is(body.toString().endsWith('# EOF\n'), isOpen, accept);
      }
      const zipped = async (encodings: string) => (await scrape({ 'accept-encoding': encodings })).body[0] === 0x1f;
      t.deepEqual(
        [await zipped('deflate, gzip;q=0.5'), await zipped('gzip;q=0'), await zipped('identity'), await zipped('GZIP')],
        [true, false, false, true],
      );
    });
  }));

test('who asks for OpenMetrics gets OpenMetrics, and who can unzip gets it zipped', (t) =>
  metering({}, async ({ directory, provider }) => {
    provider.getMeter('m').createHistogram('latency', { unit: 's' }).record(0.5);
    await scraping(directory, async (scrape) => {
      const answer = await scrape({ accept: 'application/openmetrics-text; version=1.0.0', 'accept-encoding': 'gzip' });
      t.true(answer.type?.startsWith('application/openmetrics-text'));
      const text = gunzipSync(answer.body).toString();
      t.regex(text, /latency_seconds_bucket\{[^}]*le="\+Inf"[^}]*\} 1/);
      t.true(text.endsWith('# EOF\n'));
    });
  }));

test('scrapes at the same time are whole, each', (t) =>
  metering({ cardinalityLimit: 20_000 }, async ({ directory, provider }) => {
    const counter = provider.getMeter('m').createCounter('c');
    for (let i = 0; i < 10_000; i++) counter.add(1, { i });
    await scraping(directory, async (scrape) => {
      const answers = await Promise.all([scrape(), scrape(), scrape()]);
      for (const { body } of answers) {
        t.is(body.toString().match(/^c_total\{/gm)?.length, 10_000);
      }
      t.is((await scrape({}, '/other')).status, 404);
    });
  }));
